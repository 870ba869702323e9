/*
 * Runs two render states over a file, block by block in turn: a project, and the same or another one that starts later.
 *
 *     program RATE BLOCK OUTPUTS OUTPUTS2 LATE IN OUT
 *
 * 32-bit floats; OUT has, for each sample, the outputs of the first model, its audio, the outputs of the second, its
 * audio. The second state begins LATE blocks later, so both are at different places of the sound at any time.
 * Memory that is taken while audio runs makes it fail: `new` and, where the linker wraps them, malloc and the like.
 */

#include <Bela.h>

#include <cstdlib>

extern float gOutput[][4096], gOutput2[][4096];

bool setup2(BelaContext *context, void *userData);
void render2(BelaContext *context, void *userData);
void cleanup2(BelaContext *context, void *userData);

static bool gRunning;
static long gTaken;

void *operator new(std::size_t size)
{
    gTaken += gRunning;
    return std::malloc(size);
}

void operator delete(void *p) noexcept { std::free(p); }
void operator delete(void *p, std::size_t) noexcept { std::free(p); }

#ifdef WRAPPED
extern "C" {
void *__real_malloc(std::size_t size);
void *__wrap_malloc(std::size_t size)
{
    gTaken += gRunning;
    return __real_malloc(size);
}
}
#endif

typedef void (*Render)(BelaContext *, void *);

/* One block; of each sample the model's outputs, then audio output 0. */
static void play(Render render, BelaContext &context, float (*outputs)[4096], unsigned int count, float *row)
{
    gRunning = true;
    render(&context, nullptr);
    gRunning = false;
    for (unsigned int i = 0; i < context.audioFrames; i++) {
        for (unsigned int k = 0; k < count; k++)
            *row++ = outputs[k][i];
        *row++ = context.audioOut[2 * i];
    }
}

/* So many zeros; a program's end frees them. */
static float *zeros(unsigned int n)
{
    return (float *)std::calloc(n, sizeof(float));
}

int main(int argc, char **argv)
{
    if (argc != 8)
        return 2;
    const float rate = (float)std::atof(argv[1]);
    const unsigned int block = (unsigned int)std::atoi(argv[2]), first = (unsigned int)std::atoi(argv[3]);
    const unsigned int second = (unsigned int)std::atoi(argv[4]), late = (unsigned int)std::atoi(argv[5]);
    std::FILE *in = std::fopen(argv[6], "rb"), *out = std::fopen(argv[7], "wb");
    if (!in || !out)
        return 2;
    const unsigned int analog = block / 2;
    float *audioIn = zeros(2 * block), *audioOut = zeros(2 * block), *mono = zeros(block);
    float *row = zeros(block * (first + 1)), *row2 = zeros(block * (second + 1));
    BelaContext context = {};
    context.audioIn = audioIn;
    context.audioOut = audioOut;
    context.analogIn = zeros(8 * analog + 8);
    context.analogOut = zeros(8 * analog + 8);
    context.digital = (uint32_t *)zeros(block);
    context.audioFrames = context.digitalFrames = block;
    context.analogFrames = analog;
    context.audioInChannels = context.audioOutChannels = 2;
    context.analogInChannels = context.analogOutChannels = 8;
    context.digitalChannels = 16;
    context.audioSampleRate = context.digitalSampleRate = rate;
    context.analogSampleRate = rate / 2;
    if (!setup(&context, nullptr) || !setup2(&context, nullptr))
        return 3;
    for (unsigned int done = 0;; done++) {
        unsigned int n = (unsigned int)std::fread(mono, sizeof(float), block, in);
        if (n == 0)
            break;
        for (unsigned int i = 0; i < block; i++)
            audioIn[2 * i] = audioIn[2 * i + 1] = i < n ? mono[i] : 0.0f;
        play(render, context, gOutput, first, row);
        if (done >= late)
            play(render2, context, gOutput2, second, row2);
        context.audioFramesElapsed += block;
        for (unsigned int i = 0; i < n; i++) {
            std::fwrite(&row[i * (first + 1)], sizeof(float), first + 1, out);
            std::fwrite(&row2[i * (second + 1)], sizeof(float), second + 1, out);
        }
    }
    cleanup(&context, nullptr);
    cleanup2(&context, nullptr);
    std::fclose(out);
    return gTaken ? 4 : 0;
}

/*
 * Runs a Bela project over a file.
 *
 *     program RATE BLOCK OUTPUTS IN OUT     32-bit floats; out: for each sample the model's outputs, then audio
 *
 * Memory that is taken while audio runs makes it stop: malloc counts.
 */

#include <Bela.h>

#include <cstdlib>
#include <vector>

extern float gOutput[][4096];

static bool gRunning;
static long gTaken;

void *operator new(std::size_t size)
{
    gTaken += gRunning;
    return std::malloc(size);
}

void operator delete(void *p) noexcept { std::free(p); }
void operator delete(void *p, std::size_t) noexcept { std::free(p); }

int main(int argc, char **argv)
{
    if (argc != 6)
        return 2;
    const float rate = (float)std::atof(argv[1]);
    const unsigned int block = (unsigned int)std::atoi(argv[2]), outputs = (unsigned int)std::atoi(argv[3]);
    std::FILE *in = std::fopen(argv[4], "rb"), *out = std::fopen(argv[5], "wb");
    if (!in || !out)
        return 2;
    const unsigned int analog = block / 2;
    std::vector<float> audioIn(2 * block), audioOut(2 * block), analogIn(8 * analog + 8), analogOut(8 * analog + 8);
    std::vector<float> mono(block), row(outputs + 1);
    std::vector<uint32_t> digital(block);
    BelaContext context = {};
    context.audioIn = audioIn.data();
    context.audioOut = audioOut.data();
    context.analogIn = analogIn.data();
    context.analogOut = analogOut.data();
    context.digital = digital.data();
    context.audioFrames = context.digitalFrames = block;
    context.analogFrames = analog;
    context.audioInChannels = context.audioOutChannels = 2;
    context.analogInChannels = context.analogOutChannels = 8;
    context.digitalChannels = 16;
    context.audioSampleRate = context.digitalSampleRate = rate;
    context.analogSampleRate = rate / 2;
    if (!setup(&context, nullptr))
        return 3;
    for (;;) {
        unsigned int n = (unsigned int)std::fread(mono.data(), sizeof(float), block, in);
        if (n == 0)
            break;
        for (unsigned int i = 0; i < block; i++)
            audioIn[2 * i] = audioIn[2 * i + 1] = i < n ? mono[i] : 0.0f;
        gRunning = true;
        render(&context, nullptr);
        gRunning = false;
        context.audioFramesElapsed += block;
        for (unsigned int i = 0; i < n; i++) {
            for (unsigned int k = 0; k < outputs; k++)
                row[k] = gOutput[k][i];
            row[outputs] = audioOut[2 * i];
            std::fwrite(row.data(), sizeof(float), row.size(), out);
        }
    }
    cleanup(&context, nullptr);
    std::fclose(out);
    return gTaken ? 4 : 0;
}

/*
 * Runs two units of a model over a file, in turn; the second one starts LATE samples later.
 *
 *     program RATE BLOCK LATE IN OUT CONTROLS [PARAMETER VALUE ...]     the number of a gate bends it
 *
 * 32-bit floats; OUT has, for each sample, the outputs of the first unit, then those of the second. CONTROLS gets what
 * the first one's oscillators play, int32, for each block in which frames end. `new` or malloc in process() fail.
 */

#include <cstdio>
#include <cstdlib>
#include <vector>

#include HEADER

static bool gRunning;
static long gTaken;

void *operator new(std::size_t size)
{
    gTaken += gRunning;
    return std::malloc(size);
}

void operator delete(void *p) noexcept { std::free(p); }
void operator delete(void *p, std::size_t) noexcept { std::free(p); }

extern "C" {
void *__real_malloc(std::size_t size);
void *__wrap_malloc(std::size_t size)
{
    gTaken += gRunning;
    return __real_malloc(size);
}
}

enum { kOutputs = MODEL::outputs };

static void play(MODEL::Unit &unit, const float *in, std::vector<float> &values, unsigned int block, unsigned int n)
{
    float *out[kOutputs];
    for (unsigned int k = 0; k < kOutputs; k++)
        out[k] = &values[k * block];
    for (unsigned int i = 0; i < n; i++) // the input is an output
        out[0][i] = in[i];
    gRunning = true;
    unit.process(out[0], out, n);
    gRunning = false;
}

int main(int argc, char **argv)
{
    if (argc < 7)
        return 2;
    const double rate = std::atof(argv[1]);
    const unsigned int block = (unsigned int)std::atoi(argv[2]), late = (unsigned int)std::atoi(argv[3]);
    std::FILE *in = std::fopen(argv[4], "rb"), *out = std::fopen(argv[5], "wb"), *played = std::fopen(argv[6], "wb");
    if (!in || !out || !played)
        return 2;
    MODEL::Unit one(rate), two(rate);
    for (int k = 7; k + 1 < argc; k += 2)
        for (MODEL::Unit *unit : {&one, &two}) {
            const bool gate = argv[k][0] >= '0' && argv[k][0] <= '9'; // is bent
            const double value = std::atof(argv[k + 1]);
            if (!(gate ? unit->bend((std::uint32_t)std::atoi(argv[k]), (int)value) : unit->set(argv[k], value)))
                return 3;
        }
    std::vector<float> mono(block), first(block * kOutputs), second(block * kOutputs);
    for (unsigned long at = 0;; at += block) {
        unsigned int n = (unsigned int)std::fread(mono.data(), sizeof(float), block, in);
        if (n == 0)
            break;
        play(one, mono.data(), first, block, n);
        if (one.played() && one.frames())
            std::fwrite(one.played(), sizeof(std::int32_t), MODEL::controls, played);
        if (at >= late)
            play(two, mono.data(), second, block, n);
        for (unsigned int i = 0; i < n; i++)
            for (const std::vector<float> *values : {&first, &second})
                for (unsigned int k = 0; k < kOutputs; k++)
                    std::fwrite(&(*values)[k * block + i], sizeof(float), 1, out);
    }
    std::fclose(out);
    std::fclose(played);
    std::printf("%s %s\n", MODEL::Unit::info().id, MODEL::Unit::info().digest);
    return gTaken ? 4 : 0;
}

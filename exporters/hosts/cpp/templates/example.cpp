// Reads 16-bit mono samples from standard input and says what the model finds, or writes the sound it makes.
//
//     sox loop.wav -r @{rate} -c 1 -b 16 -e signed -t raw - | ./example          (what hears)
//     ./example 80000 > sound.raw                                          (what plays, that many samples)

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "@{name}.hpp"

int main(int argc, char **argv)
{
    const std::size_t block = 64;
    const gates_engine &model = @{name}::Unit::info();
    @{name}::Unit unit(model.rate);
    std::vector<float> in(block), values(block * @{name}::outputs);
    std::vector<float *> out;
    for (std::size_t k = 0; k < @{name}::outputs; k++)
        out.push_back(&values[k * block]);
    long left = argc > 1 ? std::atol(argv[1]) : 0, at = 0;
    std::fprintf(stderr, "%s: %s\n%u gates, circuit %.16s...\n", model.id, model.summary, model.gates, model.digest);
    for (;;) {
        std::int16_t samples[block];
        std::size_t n = block;
        if (model.hears)
            n = std::fread(samples, sizeof *samples, block, stdin);
        else if (left < (long)block)
            n = left > 0 ? (std::size_t)left : 0;
        if (n == 0)
            return 0;
        for (std::size_t i = 0; i < n; i++)
            in[i] = model.hears ? samples[i] / 32768.0f : 0.0f;
        unit.process(in.data(), out.data(), n);
        for (std::size_t i = 0; i < n; i++) {
            if (model.kind == GATES_UNIT_SOUND) {
                std::int16_t sample = (std::int16_t)(out[0][i] * 32768.0f);
                std::fwrite(&sample, sizeof sample, 1, stdout);
            } else if (model.kind == GATES_UNIT_ONSET && out[0][i] > 0.0f)
                std::printf("%.4f s\n", (double)(at + (long)i + 1) / model.rate);
        }
        if (model.kind == GATES_UNIT_CLASS && unit.frames())
            std::printf("%.4f s %s\n", (double)(at + (long)n) / model.rate,
                        model.classes ? model.classes[unit.best()] : "");
        at += (long)n;
        left -= (long)n;
    }
}

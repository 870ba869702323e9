/*
 * Runs a Faust program over a file: program RATE BLOCK IN OUT [PARAMETER VALUE ...], 32-bit floats. Two instances in turn.
 */

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

struct Meta {
    void declare(const char *, const char *) {}
};

struct UI {
    const char *name; /* what is set, and to what */
    float value;
    bool found;
    void entry(const char *label, float *place)
    {
        if (!std::strcmp(label, name)) {
            *place = value;
            found = true;
        }
    }
    void openVerticalBox(const char *) {}
    void openHorizontalBox(const char *) {}
    void closeBox() {}
    void declare(float *, const char *, const char *) {}
    void addButton(const char *label, float *place) { entry(label, place); }
    void addNumEntry(const char *label, float *place, float, float, float, float) { entry(label, place); }
    void addHorizontalSlider(const char *label, float *place, float, float, float, float) { entry(label, place); }
};

struct dsp {
    virtual ~dsp() {}
};

#define FAUSTFLOAT float

<<includeIntrinsic>>
<<includeclass>>

int main(int argc, char **argv)
{
    if (argc < 5)
        return 2;
    const int rate = std::atoi(argv[1]), block = std::atoi(argv[2]);
    std::FILE *in = std::fopen(argv[3], "rb"), *out = std::fopen(argv[4], "wb");
    if (!in || !out)
        return 2;
    mydsp *units[2] = {new mydsp, new mydsp};
    for (mydsp *unit : units)
        unit->init(rate);
    for (mydsp *unit : units)
        for (int k = 5; k + 1 < argc; k += 2) {
            UI ui = {argv[k], (float)std::atof(argv[k + 1]), false};
            unit->buildUserInterface(&ui);
            if (!ui.found)
                return 3;
        }
    std::vector<float> heard(block), made(2 * block);
    for (int n; (n = (int)std::fread(heard.data(), sizeof(float), block, in)) > 0;) {
        for (int k = 0; k < 2; k++) {
            float *input[1] = {heard.data()}, *output[1] = {&made[k * block]};
            units[k]->compute(n, input, output);
        }
        for (int i = 0; i < n; i++) {
            std::fwrite(&made[i], sizeof(float), 1, out);
            std::fwrite(&made[block + i], sizeof(float), 1, out);
        }
    }
    std::fclose(out);
    for (mydsp *unit : units)
        delete unit;
    return 0;
}

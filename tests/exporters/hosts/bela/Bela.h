/* A stand-in for Bela's interface: what projects use of it, with the same names and meanings. */

#pragma once

#include <cstdarg>
#include <cstdint>
#include <cstdio>

enum { INPUT = 0, OUTPUT = 1 };

struct BelaContext {
    const float *audioIn;
    float *audioOut;
    const float *analogIn;
    float *analogOut;
    uint32_t *digital;
    uint32_t audioFrames, audioInChannels, audioOutChannels;
    float audioSampleRate;
    uint32_t analogFrames, analogInChannels, analogOutChannels;
    float analogSampleRate;
    uint32_t digitalFrames, digitalChannels;
    float digitalSampleRate;
    uint64_t audioFramesElapsed;
    uint32_t flags;
};

bool setup(BelaContext *context, void *userData);
void render(BelaContext *context, void *userData);
void cleanup(BelaContext *context, void *userData);

static inline float audioRead(BelaContext *c, int frame, int channel)
{
    return c->audioIn[frame * c->audioInChannels + channel];
}

static inline void audioWrite(BelaContext *c, int frame, int channel, float value)
{
    c->audioOut[frame * c->audioOutChannels + channel] = value;
}

static inline float analogRead(BelaContext *c, int frame, int channel)
{
    return c->analogIn[frame * c->analogInChannels + channel];
}

static inline void analogWriteOnce(BelaContext *c, int frame, int channel, float value)
{
    c->analogOut[frame * c->analogOutChannels + channel] = value;
}

static inline void pinMode(BelaContext *, int, int, int) {}

static inline void digitalWriteOnce(BelaContext *c, int frame, int channel, int value)
{
    uint32_t bit = 1u << (channel + 16);
    c->digital[frame] = value ? c->digital[frame] | bit : c->digital[frame] & ~bit;
}

static inline int rt_printf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = std::vprintf(format, arguments);
    va_end(arguments);
    return n;
}

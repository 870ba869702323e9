// @{id}: @{summary}
//
// @{gates} gates, trained for @{rate} Hz; an answer every @{hop} samples (@{milliseconds} ms). Licence: @{licence}
//
//     @{name}::Unit unit(44100.0);
//     unit.process(in, out, n);      // out: @{output_names}
//
// process() never allocates, locks or prints; make the unit outside the audio thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "src/@{name}_engine.h"

namespace @{name} {

enum { outputs = @{outputs}, controls = @{controls} };

class Unit {
public:
    // For audio at this rate, in Hz. At @{rate} Hz answers are, bit for bit, those of the model anywhere else.
    explicit Unit(double rate)
        : memory_(new unsigned char[gates_unit_size(@{name}_engine())]),
          unit_(gates_unit_init(memory_.get(), @{name}_engine(), rate)) {}

    // n samples of sound (not read where the model hears nothing) to n values of each output; an output may be
    // null, or the input.
    void process(const float *in, float *const *out, std::size_t n) { gates_unit_process(unit_, in, out, n); }

    // enable, reset, and by the model threshold (0 to 1), refractory (ms), rate (Hz), offset (samples).
    bool set(const char *parameter, double value) { return gates_unit_set(unit_, parameter, value) != 0; }
    double get(const char *parameter, double otherwise = 0.0) const {
        return gates_unit_get(unit_, parameter, otherwise);
    }

    std::uint32_t frames() const { return gates_unit_frames(unit_); } // finished in the last process()
    std::uint32_t hits() const { return gates_unit_hits(unit_); }     // onsets among them
    std::uint32_t best() const { return gates_unit_class(unit_); }    // index of the largest value
    const std::int32_t *values() const { return gates_unit_values(unit_); }

    // What an oscillator bank plays in the latest frame, `controls` integers: pitch, gain, harmonics, noise bands; else
    // null. gates_unit.h says in which units.
    const std::int32_t *played() const { return gates_unit_controls(unit_); }

    // Hold a gate at 0 or 1, or set it free with -1; false unless the model was exported to be bent.
    bool bend(std::uint32_t gate, int value) { return gates_unit_bend(unit_, gate, value) != 0; }

    static const gates_engine &info() { return *@{name}_engine(); } // id, digest, rate, names of classes

private:
    std::unique_ptr<unsigned char[]> memory_;
    gates_unit *unit_;
};

} // namespace @{name}

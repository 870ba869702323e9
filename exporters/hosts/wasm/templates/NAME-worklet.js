// The audio side of @{name}.js: everything is allocated in the constructor.

const OUTPUTS = @{signals}, CONTROLS = @{controls};

class Processor extends AudioWorkletProcessor {
    constructor(options) {
        super();
        const instance = new WebAssembly.Instance(options.processorOptions.module, {});
        this.net = instance.exports;
        if (!this.net.start(sampleRate)) throw new Error("@{name}: out of memory");
        this.most = this.net.most();
        const view = (at) => new Float32Array(this.net.memory.buffer, at, this.most);
        this.input = view(this.net.input());
        this.outputs = Array.from({ length: OUTPUTS }, (_, k) => view(this.net.output(k)));
        this.name = new Uint8Array(this.net.memory.buffer, this.net.text(), 32);
        this.controls = new Int32Array(this.net.memory.buffer, this.net.controls(), CONTROLS);
        this.best = -1;
        this.port.onmessage = ({ data }) => {
            if (data.bend) {
                this.net.bend(...data.bend);
                return;
            }
            this.name.fill(0);
            for (let k = 0; k < data.name.length && k < 31; k++) this.name[k] = data.name.charCodeAt(k);
            this.net.set(data.value);
        };
    }

    process(inputs, outputs) {
        const length = outputs[0][0].length;
        const heard = inputs.length && inputs[0].length ? inputs[0][0] : null;
        for (let done = 0; done < length; done += this.most) {
            const n = Math.min(this.most, length - done);
            for (let i = 0; i < n; i++) this.input[i] = heard ? heard[done + i] : 0;
            this.net.process(n);
            for (let k = 0; k < OUTPUTS; k++)
                for (let i = 0; i < n; i++) outputs[k][0][done + i] = this.outputs[k][i];
            const hits = this.net.hits(), best = this.net.best();
            const played = CONTROLS && this.net.frames();
            if (hits || best !== this.best || played) {
                this.best = best;
                this.port.postMessage({ hits, best, controls: played ? Array.from(this.controls) : [] });
            }
        }
        return true;
    }
}

registerProcessor("@{name}", Processor);

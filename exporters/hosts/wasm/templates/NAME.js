// @{id}: @{summary}
//
//     const node = await @{name}(audioContext);
//     source.connect(node);                  // where the model hears
//     node.connect(audioContext.destination, 0);
//
// Outputs of the node, one channel each: @{signal_names}.
// Parameters: node.set("threshold", 0.5); node.set("reset", 1); ... Exported with --bendable: node.bend(gate, value).
// Answers: node.onanswer = ({hits, best, controls}) => ..., where controls are what an oscillator bank plays in the
// latest frame, integers, as about.controls names them; empty where there is none.

export const about = @{about};

export async function @{name}(context, base = new URL(".", import.meta.url)) {
    await context.audioWorklet.addModule(new URL("@{name}-worklet.js", base));
    const module = await WebAssembly.compileStreaming(fetch(new URL("@{name}.wasm", base)));
    const node = new AudioWorkletNode(context, "@{name}", {
        numberOfInputs: about.hears ? 1 : 0,
        numberOfOutputs: about.outputs.length,
        outputChannelCount: about.outputs.map(() => 1),
        channelCount: 1,
        channelCountMode: "explicit",
        processorOptions: { module },
    });
    node.bend = (gate, value) => node.port.postMessage({ bend: [gate, value] });
    node.set = (name, value) => node.port.postMessage({ name, value });
    node.port.onmessage = (event) => node.onanswer && node.onanswer(event.data);
    return node;
}

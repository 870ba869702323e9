// A folder to a hub, through an unmodified @huggingface/hub: `node push.mjs FOLDER OWNER/NAME` prints the commit.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const hub = createRequire(join(process.cwd(), "package.json"))("@huggingface/hub"); // run where it is installed
const [folder, name] = process.argv.slice(2);
const us = { repo: { type: "model", name }, hubUrl: process.env.HF_ENDPOINT, accessToken: process.env.HF_TOKEN };
await hub.createRepo(us);
const files = readdirSync(folder).map((path) => ({ path, content: new Blob([readFileSync(join(folder, path))]) }));
console.log((await hub.uploadFiles({ ...us, files })).commit.oid);

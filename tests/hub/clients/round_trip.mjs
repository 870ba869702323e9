// The whole life of models on a hub, through an unmodified @huggingface/hub.
//
//     node round_trip.mjs MODEL_FOLDER OWNER/NAME READ_TOKEN OTHER_TOKEN
//
// HF_ENDPOINT, HF_TOKEN and HF_HOME say where and who. Prints the commit to load the model from.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const installed = createRequire(join(process.cwd(), "package.json")); // run where it is installed
const hub = installed("@huggingface/hub");

const [folder, name, readToken, otherToken] = process.argv.slice(2);
const hubUrl = process.env.HF_ENDPOINT;
const accessToken = process.env.HF_TOKEN;
const owner = name.split("/")[0];
const repo = { type: "model", name };
const us = { repo, hubUrl, accessToken };

async function refused(status, promise) {
  await assert.rejects(promise, (error) => {
    assert.ok([status].flat().includes(error.statusCode), `${error.statusCode}: ${error.message}`);
    return true;
  });
}

async function collect(iterator) {
  const items = [];
  for await (const item of iterator) items.push(item);
  return items;
}

async function text(path, revision = "main") {
  const blob = await hub.downloadFile({ ...us, path, revision });
  return blob && (await blob.text());
}

const head = async () => (await hub.modelInfo({ name, hubUrl, accessToken, additionalFields: ["sha"] })).sha;

// Who and where.
assert.equal((await hub.whoAmI({ hubUrl, accessToken })).name, owner);
await refused(401, hub.whoAmI({ hubUrl, accessToken: "hf_forged" }));
assert.equal(await hub.repoExists(us), false);
await hub.createRepo({ ...us, license: "mit" });
assert.equal(await hub.repoExists(us), true);
await refused(409, hub.createRepo(us));

// Files: a folder, small ones, a large one; the bytes that come back are those that went.
const local = Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))]));
const uploaded = await hub.uploadFiles({
  ...us,
  commitTitle: "A model",
  files: Object.entries(local).map(([path, bytes]) => ({ path, content: new Blob([bytes]) })),
});
const first = uploaded.commit.oid;
assert.equal(await head(), first);
const listed = (await collect(hub.listFiles({ ...us, recursive: true }))).map((file) => file.path);
assert.deepEqual(listed.filter((path) => path !== ".gitattributes").sort(), Object.keys(local).sort());
for (const [path, bytes] of Object.entries(local)) {
  const blob = await hub.downloadFile({ ...us, path, revision: first });
  assert.ok(Buffer.from(await blob.arrayBuffer()).equals(bytes), path);
}
const snapshot = await hub.snapshotDownload({ ...us, revision: first });
for (const [path, bytes] of Object.entries(local)) assert.ok(readFileSync(join(snapshot, path)).equals(bytes), path);

const large = Buffer.alloc(32 * 1024 * 1024);
for (let i = 0; i < large.length; i += 4) large.writeUInt32LE(Math.imul(i, 2654435761) >>> 0, i);
await hub.uploadFile({ ...us, file: { path: "large.bin", content: new Blob([large]) } });
const back = await hub.downloadFile({ ...us, path: "large.bin" });
assert.equal(back.size, large.length);
assert.ok(Buffer.from(await back.arrayBuffer()).equals(large));
await hub.uploadFile({ ...us, file: { path: "notes/a b.txt", content: new Blob(["small"]) } });
assert.equal(await text("notes/a b.txt"), "small");
assert.equal(await text("notes/a b.txt", first), null);
assert.equal(await hub.fileExists({ ...us, path: "config.json" }), true);
assert.equal(await hub.fileExists({ ...us, path: "absent" }), false);
const [info] = await hub.pathsInfo({ ...us, paths: ["large.bin"] });
assert.equal(info.size, large.length);
assert.equal((await collect(hub.listCommits(us))).at(0).oid, await head());
assert.equal(await hub.countCommits(us), (await collect(hub.listCommits(us))).length);

// Commits name their parent or are refused.
const add = (path) => [{ operation: "addOrUpdate", path, content: new Blob([path]) }];
const parent = await head();
const moved = await hub.commit({ ...us, title: "Add", parentCommit: parent, operations: add("added.txt") });
await refused(412, hub.commit({ ...us, title: "Stale", parentCommit: parent, operations: add("stale.txt") }));
assert.equal(await head(), moved.commit.oid);
await hub.deleteFiles({ ...us, paths: ["added.txt", "large.bin"] });
assert.equal(await text("added.txt"), null);

// A pull request, merged (this client has no call for that, so by the interface itself).
const opened = await hub.commit({ ...us, title: "Propose", isPullRequest: true, operations: add("proposed.txt") });
const number = opened.pullRequestUrl.match(/discussions\/(\d+)$/)[1];
assert.equal(await text("proposed.txt"), null);
assert.equal(await text("proposed.txt", `refs/pr/${number}`), "proposed.txt");
const headers = { Authorization: `Bearer ${accessToken}`, "Content-Type": "application/json" };
const merge = `${hubUrl}/api/models/${name}/discussions/${number}/merge`;
assert.ok((await fetch(merge, { method: "POST", headers, body: "{}" })).ok);
assert.equal(await text("proposed.txt"), "proposed.txt");

// Branches.
await hub.createBranch({ ...us, branch: "ideas", revision: first });
await hub.commit({ ...us, title: "Wild", branch: "ideas", operations: add("wild.txt") });
assert.equal(await text("wild.txt", "ideas"), "wild.txt");
assert.equal(await text("wild.txt"), null);
await hub.deleteBranch({ ...us, branch: "ideas" });

// Search, by owner, words, task and target.
const found = async (search) => (await collect(hub.listModels({ hubUrl, search }))).some((model) => model.name === name);
assert.equal(await found({ owner }), true);
assert.equal(await found({ owner: "nobody" }), false);
assert.equal(await found({ query: name.split("/")[1] }), true);
assert.equal(await found({ tags: ["task:sound", "target:cortex-a8"] }), true);
assert.equal(await found({ tags: ["task:sound", "target:abacus"] }), false);

// What is private stays so; a token does what it is for and no more.
const secret = { ...us, repo: { type: "model", name: `${name}-private` } };
await hub.createRepo({ ...secret, private: true });
await hub.uploadFile({ ...secret, file: { path: "secret.txt", content: new Blob(["secret"]) } });
for (const stranger of [undefined, otherToken]) {
  await refused([401, 404], hub.checkRepoAccess({ ...secret, accessToken: stranger }));
  await refused([401, 404], hub.downloadFile({ ...secret, path: "secret.txt", accessToken: stranger }));
  const seen = await collect(hub.listModels({ hubUrl, search: { owner }, accessToken: stranger }));
  assert.ok(!seen.some((model) => model.name === secret.repo.name));
}
assert.equal(await (await hub.downloadFile({ ...secret, path: "secret.txt", accessToken: readToken })).text(), "secret");
for (const weak of [readToken, otherToken]) {
  await refused(403, hub.commit({ ...us, accessToken: weak, title: "Mine", operations: add("mine.txt") }));
  await refused(403, hub.deleteRepo({ ...us, accessToken: weak }));
}
await hub.deleteRepo(secret);
assert.equal(await hub.repoExists(secret), false);
console.log(first);

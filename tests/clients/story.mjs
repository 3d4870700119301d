// What a TypeScript client does with trails, and what it was told: one JSON object, which a test reads.
import { createRequire } from "node:module";

/** Loads from the folder in which npm put the clients: it is not above this file, where Node.js would look. */
export const load = createRequire(`${process.env.TRAILS_CLIENTS}/`);

const NOTE = { title: "Close the ledger first", files: ["ledger.py"] };

/** `call(name, args, options)` and `unknown()` are what the two SDKs write in different ways. */
export async function tell(client, version, { call, unknown }) {
  const said = async (name, args) => text(await call(name, args));
  const story = {
    version,
    server: client.getServerVersion().name,
    instructions: client.getInstructions(),
    tools: (await client.listTools()).tools.map((tool) => tool.name),
    laid: await said("lay", NOTE),
    found: await said("recall", { files: ["ledger.py"] }),
    refused: await call("recall", {}),
    wrong: await call("lay", { title: "Open the vault", kind: ["sonnet"] }),
    resources: (await client.listResources()).resources.map((one) => one.uri),
    templates: (await client.listResourceTemplates()).resourceTemplates.map((one) => one.uriTemplate),
    read: (await client.readResource({ uri: "trails://path/ledger.py" })).contents[0].text,
    prompts: (await client.listPrompts()).prompts.map((one) => one.name),
    prompted: (await client.getPrompt({ name: "handoff", arguments: { task: "the ledger" } })).messages[0].content.text,
    no_such_resource: await failure(client.readResource({ uri: "trails://nowhere" })),
    no_such_method: await failure(unknown()),
    pinged: await failure(client.ping()),
    cancelled: await cancelled(call),
    found_later: await said("recall", { files: ["ledger.py"] }),
  };
  await client.close();
  console.log(JSON.stringify(story));
}

function text(result) {
  if (result.isError) throw new Error(result.content[0].text);
  return result.content[0].text;
}

/** The code of an error, or null. The 2.x client shows what came with HTTP 404 as a text. */
async function failure(promise) {
  try {
    await promise;
    return null;
  } catch (error) {
    return Number(/"code":(-\d+)/.exec(error.message)?.[1]) || error.code;
  }
}

async function cancelled(call) {
  const change = new AbortController();
  const answer = call("recall", { files: ["ledger.py"] }, { signal: change.signal });
  change.abort("changed my mind");
  return answer.then(() => false, () => true);
}

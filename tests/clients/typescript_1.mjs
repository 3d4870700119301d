// The TypeScript SDK 1.x, which speaks 2025-11-25. Argument: the server, as an mcp.json has it.
import { load, tell } from "./story.mjs";

const { Client } = load("@modelcontextprotocol/sdk/client/index.js");
const { StdioClientTransport } = load("@modelcontextprotocol/sdk/client/stdio.js");
const { StreamableHTTPClientTransport } = load("@modelcontextprotocol/sdk/client/streamableHttp.js");
const { EmptyResultSchema } = load("@modelcontextprotocol/sdk/types.js");

const { type, url, headers, ...started } = JSON.parse(process.argv[2]);
const transport =
  type === "stdio"
    ? new StdioClientTransport(started)
    : new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
let version = "";
const setVersion = transport.setProtocolVersion?.bind(transport); // over stdio nobody else tells it
transport.setProtocolVersion = (agreed) => (setVersion?.(agreed), (version = agreed));

const client = new Client({ name: "typescript-1", version: "1" });
await client.connect(transport);
await tell(client, version, {
  call: (name, args, options) => client.callTool({ name, arguments: args }, undefined, options),
  unknown: () => client.request({ method: "notes/burn" }, EmptyResultSchema),
});

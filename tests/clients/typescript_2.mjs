// The TypeScript client 2.x. Arguments: the server, as an mcp.json has it; which protocol: auto (the newest) or legacy.
import { load, tell } from "./story.mjs";

const { Client, StreamableHTTPClientTransport, specTypeSchemas } = load("@modelcontextprotocol/client");
const { StdioClientTransport } = load("@modelcontextprotocol/client/stdio");

const { type, url, headers, ...started } = JSON.parse(process.argv[2]);
const transport =
  type === "stdio"
    ? new StdioClientTransport(started)
    : new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });

const client = new Client({ name: "typescript-2", version: "1" }, { versionNegotiation: { mode: process.argv[3] } });
await client.connect(transport);
await tell(client, client.getNegotiatedProtocolVersion(), {
  call: (name, args, options) => client.callTool({ name, arguments: args }, options),
  unknown: () => client.request({ method: "notes/burn", params: {} }, specTypeSchemas.EmptyResult),
});

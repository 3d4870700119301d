"""
The tools, resources and prompts whose names the MCP conformance suite calls, for a server that has it run against it.

They do what the suite's descriptions ask and nothing of ours; `conformance list` and the scenarios name them.
"""

import base64
from typing import Any

import mcp_types
from fastmcp import Context, FastMCP
from fastmcp.exceptions import McpError, ToolError
from fastmcp.prompts import Message
from fastmcp.tools import ToolResult
from mcp_types import AudioContent, EmbeddedResource, ImageContent, TextContent, TextResourceContents

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
WAV = base64.b64encode(b"RIFF$\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0@\x1f\0\0\x80>\0\0\2\0\x10\0data\0\0\0\0").decode()
IMAGE = ImageContent(type="image", data=PNG, mime_type="image/png")
LOGGED = ("Tool execution started", "Tool processing data", "Tool execution completed")


def embedded(uri: str, mime_type: str, text: str) -> EmbeddedResource:
    return EmbeddedResource(type="resource", resource=TextResourceContents(uri=uri, mime_type=mime_type, text=text))


# ── tools ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_simple_text() -> str:
    """Text."""
    return "This is a simple text response for testing."


def test_image_content() -> ToolResult:
    """An image."""
    return ToolResult(content=[IMAGE])


def test_audio_content() -> ToolResult:
    """A sound."""
    return ToolResult(content=[AudioContent(type="audio", data=WAV, mime_type="audio/wav")])


def test_embedded_resource() -> ToolResult:
    """A resource inside an answer."""
    text = "This is an embedded resource content."
    return ToolResult(content=[embedded("test://embedded-resource", "text/plain", text)])


def test_multiple_content_types() -> ToolResult:
    """Text, image and resource at once."""
    text = TextContent(type="text", text="Multiple content types test:")
    mixed = embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}')
    return ToolResult(content=[text, IMAGE, mixed])


async def test_tool_with_logging(ctx: Context) -> str:
    """Three lines for the client's log."""
    for line in LOGGED:
        await ctx.info(line)
    return "Logged."


async def test_tool_with_progress(ctx: Context) -> str:
    """Three steps."""
    for step in (0, 50, 100):
        await ctx.report_progress(step, 100)
    return "Done."


def test_error_handling() -> str:
    """Always an error."""
    raise ToolError("This tool intentionally returns an error for testing")


async def test_sampling(prompt: str, ctx: Context) -> str:
    """Asks the client's model."""
    asked = mcp_types.SamplingMessage(role="user", content=TextContent(type="text", text=prompt))
    answer = await ctx.session.create_message([asked], max_tokens=100, related_request_id=ctx.request_id)
    return f"LLM response: {answer.content.text}"


async def test_elicitation(message: str, ctx: Context) -> str:
    """Asks the user for a name and an address."""
    properties = {
        "username": {"type": "string", "description": "User's response"},
        "email": {"type": "string", "description": "User's email address"},
    }
    return f"User response: {await _elicit(ctx, message, properties, required=['username', 'email'])}"


async def test_elicitation_sep1034_defaults(ctx: Context) -> str:
    """Asks the user, with an answer to each question in place."""
    properties = {
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        "verified": {"type": "boolean", "default": True},
    }
    return f"Elicitation completed: {await _elicit(ctx, 'Who are you?', properties)}"


async def test_elicitation_sep1330_enums(ctx: Context) -> str:
    """Asks the user to choose, in each way there is."""
    plain = ["option1", "option2", "option3"]
    titled = [{"const": f"value{n}", "title": f"{word} Option"} for n, word in enumerate(("First", "Second"), 1)]
    properties = {
        "untitledSingle": {"type": "string", "enum": plain},
        "titledSingle": {"type": "string", "oneOf": titled},
        "legacyEnum": {"type": "string", "enum": ["opt1", "opt2"], "enumNames": ["Option One", "Option Two"]},
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": plain}},
        "titledMulti": {"type": "array", "items": {"anyOf": titled}},
    }
    return f"Elicitation completed: {await _elicit(ctx, 'Which one?', properties)}"


async def _elicit(ctx: Context, message: str, properties: dict[str, Any], required: list[str] | None = None) -> str:
    schema = {"type": "object", "properties": properties, "required": required or []}
    answer = await ctx.session.elicit(message, schema, related_request_id=ctx.request_id)
    return f"action={answer.action}, content={answer.content}"


def test_missing_capability(ctx: Context) -> str:
    """Works only for a client that can sample."""
    needed = mcp_types.ClientCapabilities(sampling=mcp_types.SamplingCapability())
    if not ctx.session.check_client_capability(needed):
        raise McpError(
            code=mcp_types.MISSING_REQUIRED_CLIENT_CAPABILITY,
            message="This tool needs a client that can sample.",
            data={"requiredCapabilities": needed.model_dump(by_alias=True, exclude_none=True)},
        )
    return "The client can sample."


# ── resources and prompts ────────────────────────────────────────────────────────────────────────────────────────────
def static_text() -> str:
    """A text."""
    return "This is the content of the static text resource."


def static_binary() -> bytes:
    """A picture."""
    return base64.b64decode(PNG)


def template(id: str) -> str:  # noqa: A002  # named by its URI
    """A resource for each id."""
    return f'{{"id":"{id}","templateTest":true,"data":"Data for ID: {id}"}}'


def test_simple_prompt() -> str:
    """A prompt without arguments."""
    return "This is a simple prompt for testing."


def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
    """A prompt with two arguments."""
    return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"


def test_prompt_with_embedded_resource(resourceUri: str) -> list[Message]:
    """A prompt with a resource in it."""
    resource = embedded(resourceUri, "text/plain", "Embedded resource content for testing.")
    return [Message(resource), Message("Please process the embedded resource above.")]


def test_prompt_with_image() -> list[Message]:
    """A prompt with a picture in it."""
    return [Message(IMAGE), Message("Please analyze the image above.")]


TOOLS = (
    test_simple_text,
    test_image_content,
    test_audio_content,
    test_embedded_resource,
    test_multiple_content_types,
    test_tool_with_logging,
    test_tool_with_progress,
    test_error_handling,
    test_sampling,
    test_elicitation,
    test_elicitation_sep1034_defaults,
    test_elicitation_sep1330_enums,
    test_missing_capability,
)
PROMPTS = (
    test_simple_prompt,
    test_prompt_with_arguments,
    test_prompt_with_embedded_resource,
    test_prompt_with_image,
)


def add_fixtures(app: FastMCP) -> None:
    """Announce them all beside what the server has of its own."""
    for tool in TOOLS:
        app.tool(tool, output_schema=None)
    for prompt in PROMPTS:
        app.prompt(prompt)
    app.resource("test://static-text", mime_type="text/plain")(static_text)
    app.resource("test://static-binary", mime_type="image/png")(static_binary)
    app.resource("test://template/{id}/data", mime_type="application/json")(template)
    app.completion(_complete)


async def _complete(*_: Any) -> list[str]:
    return ["paris", "park"]

"""The simulated Dify's answers before a stream opens.

Statuses, codes and envelopes after the Dify service API reference, "Errors before the stream
opens", and the pages of proxies in front of it.
"""

from aiohttp import web

from yingda.simulator.dify_script import DifyScript, Trouble

_PAGE = "<html><body>error 1015</body></html>"
#: Status, code and message; without a code it is a proxy's page.
REFUSALS: dict[Trouble, tuple[int, str, str]] = {
    Trouble.BUSY: (429, "too_many_requests", "Too many requests."),
    Trouble.QUOTA: (429, "rate_limit_error", "Rate limit exceeded."),
    Trouble.SERVER_ERROR: (500, "internal_server_error", "Internal server error."),
    Trouble.HTML_ERROR: (502, "", _PAGE),
    Trouble.GATEWAY_TIMEOUT: (504, "", _PAGE),
    Trouble.WRONG_KEY: (401, "unauthorized", "Access token is invalid"),
    Trouble.APP_UNAVAILABLE: (400, "app_unavailable", "App unavailable."),
    Trouble.CONVERSATION_COMPLETED: (400, "conversation_completed", "Conversation ended."),
    Trouble.CONVERSATION_GONE: (404, "not_found", "Conversation Not Exists."),
}


def refusal(status: int, code: str, message: str) -> web.Response:
    """Dify's error envelope."""
    envelope = {"code": code, "message": message, "status": status}
    return web.json_response(envelope, status=status)


def refused(trouble: Trouble, script: DifyScript) -> web.Response:
    """The response of a trouble that keeps the stream from opening."""
    status, code, message = REFUSALS[trouble]
    if code:
        response = refusal(status, code, message)
    else:
        response = web.Response(status=status, text=message, content_type="text/html")
    if script.retry_after is not None:
        response.headers["Retry-After"] = script.retry_after
    return response

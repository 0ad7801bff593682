#!/usr/bin/python3
"""The accepting side of single security contexts, for tests below HTTP. Commands and answers are JSON objects, one a line; bytes in base64.

  {"open": id, "mechanisms": "kerberos" | "ntlm" | "spnego", "bindings": base64 or null}
  {"step": id, "token": ...}   -> {"token": ..., "complete": ...}
  {"info": id} · {"seal": id, "message": ...} · {"unseal": id, "header": ..., "data": ...}
  {"sign": id, "message": ...} · {"verify": id, "message": ..., "signature": ...} · {"close": id}
A failure is answered by {"error": text, "token": what the other end should be told}.

environment: KRB5_CONFIG, KRB5_KTNAME, NTLM_USER_FILE
"""
import base64
import json
import sys

from gss import KRB5, NTLM, SPNEGO, Acceptor

MECHANISMS = {"kerberos": KRB5, "ntlm": NTLM, "spnego": SPNEGO}
contexts = {}


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def decoded(command: dict, name: str) -> bytes:
    return base64.b64decode(command[name])


def carry_out(command: dict) -> dict:
    if "open" in command:
        bindings = decoded(command, "bindings") if command.get("bindings") else None
        contexts[command["open"]] = Acceptor([MECHANISMS[command["mechanisms"]]], bindings)
        return {}
    if "step" in command:
        context = contexts[command["step"]]
        token = context.step(decoded(command, "token"))
        return {"token": encoded(token), "complete": context.complete}
    if "info" in command:
        return contexts[command["info"]].info
    if "seal" in command:
        header, data, _ = contexts[command["seal"]].seal(decoded(command, "message"))
        return {"header": encoded(header), "data": encoded(data)}
    if "unseal" in command:
        context = contexts[command["unseal"]]
        return {"message": encoded(context.unseal(decoded(command, "header"), decoded(command, "data")))}
    if "sign" in command:
        return {"signature": encoded(contexts[command["sign"]].sign(decoded(command, "message")))}
    if "verify" in command:
        contexts[command["verify"]].verify(decoded(command, "message"), decoded(command, "signature"))
        return {}
    del contexts[command["close"]]
    return {}


def main():
    for line in sys.stdin:
        try:
            answer = carry_out(json.loads(line))
        except Exception as error:
            token = getattr(error, "token", None) or b""
            answer = {"error": f"{type(error).__name__}: {error}", "token": encoded(token)}
        print(json.dumps(answer), flush=True)


main()

"""The contract over HTTP/1.1 for browsers and curl, and the page: a second port of the daemon.

connect     the Connect protocol: rpcs of the contract as JSON or proto over HTTP
question    what comes in: codec, message, deadline
answer      what is sent back: messages, errors, envelopes of a stream
guard       which requests are let in by where they come from, and what each answer forbids
session     a token as a cookie of the browser
study_file  a study file that was typed into the page
replay      what `ashad replay` says of a study
site        what is served where
metrics     what operators are told
server      the port: uvicorn in the event loop of the daemon
"""

from ashad.web.guard import Origin, origin
from ashad.web.server import WebServer
from ashad.web.site import site

__all__ = ["Origin", "WebServer", "origin", "site"]

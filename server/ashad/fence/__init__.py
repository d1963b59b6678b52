"""The fence: what keeps one hostile peer from slowing the others.

`limits` names each limit and what gRPC itself can do about it; `judge` decides, from calls and
bytes, who is thrown out, and `talk` what bytes tell; `kernel` throws out; `patrol` lets judge and
kernel meet some times a second. It stands
only where the daemon asks for tokens: elsewhere whoever gets in is trusted.
"""

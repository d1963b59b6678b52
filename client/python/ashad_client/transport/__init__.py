"""The way to the daemon.

channel  the connection: the only module that knows grpc
rpc      the calls of the contract, with their deadlines
tls      why TLS to an address cannot work
"""

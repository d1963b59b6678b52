"""The daemon: wires the parts together and starts them.

replica      a file that a standby may take over
main         start, signals, the tick, the end
endpoint     the address to listen on
health       the standard health service
web_port     the second port: the page, and the contract for browsers and curl
file_lock    the file that is served: one daemon for one file
exit_codes   exit statuses, and the error that ends a start
termination  signals, failed writes, and other ends
allocator    how large blocks of memory are given back
descriptors  how many files and connections may be open
filesystem   which file systems are refused
logs         structured logs
traces       OpenTelemetry's spans of calls, where the environment asks for them
"""

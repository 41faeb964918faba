"""Hands arguments, folder, environment and standard streams to the server, and ends with the program's code.

It imports almost nothing, so that it starts in a hundredth of a second.
"""

import _socket
import marshal
import os
import sys

server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
server.connect(sys.argv[1])
asked = marshal.dumps((sys.argv[2:], os.getcwd(), dict(os.environ)))  # noqa: PTH109 - pathlib is slow to import
streams = b"".join(number.to_bytes(4, sys.byteorder) for number in (0, 1, 2))
server.sendmsg([len(asked).to_bytes(4, "big")], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
while asked:
    asked = asked[server.send(asked) :]
code = server.recv(1)
sys.exit(code[0] if code else "the server has gone")

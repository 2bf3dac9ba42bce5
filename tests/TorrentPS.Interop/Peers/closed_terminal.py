#!/usr/bin/python3
"""Runs a command in a terminal of its own, and closes the terminal on the signal USR1, as a closed window does.

usage: closed_terminal.py COMMAND ARGUMENT ...      exits with the command's exit code, or 128 plus its signal
"""
import os
import pty
import signal
import sys

child, terminal = pty.fork()
if child == 0:
    os.environ['TERM'] = 'xterm'
    os.execv(sys.argv[1], sys.argv[1:])


def close_terminal(*_):
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


signal.signal(signal.SIGUSR1, close_terminal)
print('started', flush=True)
while True:
    try:
        sys.stdout.buffer.write(os.read(terminal, 4096))
        sys.stdout.buffer.flush()
    except OSError:
        _, status = os.waitpid(child, 0)
        sys.exit(f'the command ended by itself: {status}')

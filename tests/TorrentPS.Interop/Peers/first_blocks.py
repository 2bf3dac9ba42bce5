#!/usr/bin/python3
"""Plays peers without the Fast extension, one after another. Each downloads the first block of a torrent.

Prints for each peer the milliseconds from its connect to the block. A process of its own, so that the times don't
depend on the threads of an attack.

usage: first_blocks.py HOST PORT INFO_HASH_HEX FIRST_ADDRESS COUNT
"""
import ipaddress
import os
import socket
import struct
import sys
import time

host, port, info_hash, count = sys.argv[1], int(sys.argv[2]), bytes.fromhex(sys.argv[3]), int(sys.argv[5])
first = ipaddress.ip_address(sys.argv[4])
PAUSE = 0.2


def read(stream, length):
    data = stream.read(length)
    if len(data) < length:
        sys.exit('the connection was closed')
    return data


def wait_for(stream, wanted):
    while True:
        length = struct.unpack('>I', read(stream, 4))[0]
        message = read(stream, length)
        if message[:1] == bytes([wanted]):
            return message


for i in range(count):
    with socket.socket() as peer:
        peer.settimeout(60)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.bind((str(first + i), 0))
        begin = time.monotonic()
        peer.connect((host, port))
        peer.sendall(b'\x13BitTorrent protocol' + bytes(8) + info_hash + os.urandom(20))
        stream = peer.makefile('rb')
        read(stream, 68)
        peer.sendall(struct.pack('>IB', 1, 2))
        wait_for(stream, 1)
        peer.sendall(struct.pack('>IBIII', 13, 6, 0, 0, 16384))
        wait_for(stream, 7)
        print(f'{(time.monotonic() - begin) * 1000:.1f}', flush=True)
    time.sleep(PAUSE)

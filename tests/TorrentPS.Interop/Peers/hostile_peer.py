#!/usr/bin/python3
"""A hostile peer: accepts connections, answers the handshake, and then misbehaves.

usage: hostile_peer.py garbage|bad-pieces ADDRESS PORT PIECE_COUNT

garbage     sends random bytes after the handshake until the connection is closed
bad-pieces  announces all pieces and answers each request with random bytes of the requested length

Prints one line per event: "listening", "connected N", "served N" (blocks so far in this connection), "closed N SERVED".
"""
import os
import socket
import struct
import sys
import threading

mode, address, port, piece_count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
INTERESTED, BITFIELD, REQUEST, UNCHOKE, PIECE = 2, 5, 6, 1, 7


def exactly(sock, count):
    data = b''
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            raise ConnectionError('closed')
        data += more
    return data


def message(kind, payload=b''):
    return struct.pack('>IB', 1 + len(payload), kind) + payload


def bitfield():
    bits = bytearray((piece_count + 7) // 8)
    for piece in range(piece_count):
        bits[piece >> 3] |= 0x80 >> (piece & 7)
    return bytes(bits)


def misbehave(sock, number):
    served = 0
    try:
        hello = exactly(sock, 68)
        sock.sendall(hello[:20] + bytes(8) + hello[28:48] + b'-XX0001-' + os.urandom(12))
        if mode == 'garbage':
            while True:
                sock.sendall(os.urandom(4096))
        sock.sendall(message(BITFIELD, bitfield()) + message(UNCHOKE))
        while True:
            length, = struct.unpack('>I', exactly(sock, 4))
            body = exactly(sock, length)
            if length == 13 and body[0] == REQUEST:
                piece, begin, count = struct.unpack('>III', body[1:])
                served += 1
                sock.sendall(message(PIECE, struct.pack('>II', piece, begin) + os.urandom(count)))
                print(f'served {served}', flush=True)
    except OSError:
        pass
    finally:
        sock.close()
        print(f'closed {number} {served}', flush=True)


listener = socket.create_server((address, port))
print('listening', flush=True)
count = 0
while True:
    client, _ = listener.accept()
    count += 1
    print(f'connected {count}', flush=True)
    threading.Thread(target=misbehave, args=(client, count), daemon=True).start()

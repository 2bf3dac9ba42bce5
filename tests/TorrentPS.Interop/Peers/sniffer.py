"""Prints the packets that arrive on an interface, one line each: protocol and destination port.

Not printed are packets that the system sends when the interface or an address appears: IPv6 router solicitations and
multicast listener reports.
"""
import socket
import struct
import sys

TCP, UDP, ICMPV6 = 6, 17, 58
packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
packets.bind((sys.argv[1], 0))
print('listening', flush=True)


def name_of(frame):
    kind = struct.unpack('!H', frame[12:14])[0]
    if kind == 0x0806:
        return 'arp'
    if kind == 0x0800:
        protocol, transport = frame[23], frame[14 + (frame[14] & 15) * 4:]
    elif kind == 0x86dd:
        protocol, transport = frame[20], frame[54:]
        if protocol == 0 or (protocol == ICMPV6 and transport[0] in (133, 143)):
            return None
    else:
        return f'ethertype {kind:04x}'
    if protocol in (TCP, UDP):
        return f"{'tcp' if protocol == TCP else 'udp'} {struct.unpack('!H', transport[2:4])[0]}"
    return f'protocol {protocol}'


while True:
    frame, sender = packets.recvfrom(65536)
    name = name_of(frame)
    if sender[2] != socket.PACKET_OUTGOING and name is not None:
        print(name, flush=True)

"""A UPnP gateway whose device description is endless, slow, elsewhere, or names a service elsewhere.

Arguments: own address, URL elsewhere, behaviour (huge, slow, redirect, elsewhere).
"""
import http.server
import socket
import struct
import sys
import threading
import time

ADDRESS, ELSEWHERE, BEHAVIOUR = sys.argv[1:]
PORT = 5000
SERVICE = ('<root><service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType>'
           f'<controlURL>{ELSEWHERE}</controlURL></service></root>')


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print('requested', flush=True)
        if BEHAVIOUR == 'redirect':
            self.send_response(302)
            self.send_header('Location', ELSEWHERE)
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        try:
            if BEHAVIOUR == 'elsewhere':
                self.wfile.write(SERVICE.encode())
            while BEHAVIOUR == 'huge':
                self.wfile.write(b'<a>' * 100000)
            while BEHAVIOUR == 'slow':
                self.wfile.write(b' ')
                time.sleep(1)
        except OSError:
            pass

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer((ADDRESS, PORT), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
searches = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
searches.bind(('239.255.255.250', 1900))
searches.setsockopt(
    socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
    struct.pack('4s4s', socket.inet_aton('239.255.255.250'), socket.inet_aton(ADDRESS)))
print('listening', flush=True)
responses = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
responses.bind((ADDRESS, 1900))
while True:
    packet, sender = searches.recvfrom(2048)
    responses.sendto(
        f'HTTP/1.1 200 OK\r\nST: x\r\nLOCATION: http://{ADDRESS}:{PORT}/desc.xml\r\n\r\n'.encode(), sender)

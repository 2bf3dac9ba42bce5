#!/usr/bin/python3
"""A download from a web server alone: torrentps beside libtorrent.

usage: webseed.py TORRENTPS [ROUNDS] [MIB]        TORRENTPS is the published tool; needs python3-libtorrent and nginx

One nginx on loopback holds one file (256 MiB by default, pieces of 1 MiB) and is the torrent's only source (BEP 19). Both fetch it in turns,
each in a fresh process, without peers. Medians: seconds from the process's start to the verified end, seconds of processor time of the client,
and how many requests the server saw.
"""
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

PORT = 18480
PIECE = 1 << 20


def leech(source, folder):
    import libtorrent as lt
    client = lt.session({
        'listen_interfaces': '127.0.0.1:0', 'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
        'alert_mask': lt.alert.category_t.status_notification,
    })
    params = lt.add_torrent_params()
    params.ti = lt.torrent_info(source)
    params.save_path = folder
    params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    handle = client.add_torrent(params)
    while not handle.status().is_seeding:
        client.wait_for_alert(50)
        client.pop_alerts()
    del handle, client


def serve(folder):
    conf = os.path.join(folder, 'nginx.conf')
    with open(conf, 'w') as out:
        out.write(f'''pid {folder}/nginx.pid; error_log {folder}/error.log; daemon off; worker_processes 1; user root;
events {{}}
http {{ access_log {folder}/access.log; sendfile on; tcp_nopush on; keepalive_timeout 60; keepalive_requests 100000;
client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
server {{ listen 127.0.0.1:{PORT}; root {folder}/web; }} }}''')
    return subprocess.Popen(['nginx', '-p', folder, '-c', conf])


def measure(command, log):
    lines = lambda: sum(1 for _ in open(log)) if os.path.exists(log) else 0
    before, seen = resource.getrusage(resource.RUSAGE_CHILDREN), lines()
    start = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, lines() - seen


def main(torrentps, rounds, mib):
    import libtorrent as lt
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        web = os.path.join(folder, 'web')
        os.mkdir(web)
        with open(os.path.join(web, 'content.bin'), 'wb') as out:
            for _ in range(mib):
                out.write(os.urandom(1 << 20))
        files = lt.file_storage()
        lt.add_files(files, os.path.join(web, 'content.bin'))
        made = lt.create_torrent(files, PIECE, flags=lt.create_torrent.v1_only)
        made.add_url_seed(f'http://127.0.0.1:{PORT}/content.bin')
        lt.set_piece_hashes(made, web)
        torrent = os.path.join(folder, 'content.torrent')
        with open(torrent, 'wb') as out:
            out.write(lt.bencode(made.generate()))
        os.environ['TORRENTPS_STATE'] = os.path.join(folder, 'state')
        server = serve(folder)
        time.sleep(1)
        figures = {'torrentps': [], 'libtorrent': []}
        try:
            for i in range(rounds):
                for name in figures:
                    target = os.path.join(folder, f'{name}-{i}')
                    command = [torrentps, 'download', torrent, '--destination', target, '--no-dht', '--no-lsd', '--bind', '127.0.0.1', '--json'] \
                        if name == 'torrentps' else [sys.executable, os.path.abspath(__file__), 'leech', torrent, target]
                    figures[name].append(measure(command, os.path.join(folder, 'access.log')))
                    subprocess.run(['cmp', os.path.join(target, 'content.bin'), os.path.join(web, 'content.bin')], check=True)
                    os.remove(os.path.join(target, 'content.bin'))
        finally:
            server.terminate()
            server.wait()
    print(f'{"":<12} {"wall s":>8} {"cpu s":>8} {"requests":>9}')
    for name, rows in figures.items():
        wall, cpu, requests = (statistics.median(column) for column in zip(*rows))
        print(f'{name:<12} {wall:8.2f} {cpu:8.2f} {requests:9.0f}')


if __name__ == '__main__':
    if sys.argv[1:2] == ['leech']:
        leech(sys.argv[2], sys.argv[3])
    elif len(sys.argv) < 2:
        sys.exit(__doc__)
    else:
        main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5, int(sys.argv[3]) if len(sys.argv) > 3 else 256)

#!/usr/bin/python3
"""From a magnet link to the first verified piece: torrentps beside libtorrent.

usage: magnet.py TORRENTPS [ROUNDS]        TORRENTPS is the published tool; needs python3-libtorrent

One libtorrent seed on loopback, named in the link (x.pe), serves both, in turns, each in a fresh process with nothing kept from before and
no other way to find peers. The torrent is a single piece of 256 KiB, so that a client which says the torrent is complete has just verified
its first piece. Times are taken here, when a client's line arrives; medians in milliseconds.
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time

PIECE = 256 << 10


def session(port):
    import libtorrent as lt
    return lt.session({
        'listen_interfaces': f'127.0.0.1:{port}', 'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
        'enable_outgoing_utp': False, 'enable_incoming_utp': False, 'allow_multiple_connections_per_ip': True,
        'alert_mask': lt.alert.category_t.status_notification | lt.alert.category_t.piece_progress_notification,
    })


def add(client, source, folder):
    import libtorrent as lt
    params = lt.parse_magnet_uri(source) if source.startswith('magnet:') else lt.add_torrent_params()
    if not source.startswith('magnet:'):
        params.ti = lt.torrent_info(source)
    params.save_path = folder
    params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    return client.add_torrent(params)


def seed(source, folder):
    client = session(0)
    handle = add(client, source, folder)
    while not handle.status().is_seeding:
        time.sleep(0.02)
    print(client.listen_port(), flush=True)
    sys.stdin.read()


def leech(source, folder):
    import libtorrent as lt
    client = session(0)
    add(client, source, folder)
    print('DownloadingMetadata', flush=True)
    while True:
        client.wait_for_alert(10_000)
        if any(isinstance(alert, lt.piece_finished_alert) for alert in client.pop_alerts()):
            print('Seeding', flush=True)
            sys.stdin.read()


def measure(command, state):
    """Seconds from the process's start, and from the torrent's adding, to its first piece."""
    environment = dict(os.environ, TORRENTPS_STATE=state)
    start = time.monotonic()
    added = first = None
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as process:
        for line in process.stdout:
            now = time.monotonic()
            added = added or now
            if 'Seeding' in line:
                first = now
                break
        process.terminate()
    if first is None:
        sys.exit(f'{command[0]} never had a piece')
    return first - start, first - added


def main(torrentps, rounds):
    import libtorrent as lt
    me = [sys.executable, os.path.abspath(__file__)]
    with tempfile.TemporaryDirectory() as folder:
        content = os.path.join(folder, 'content')
        os.mkdir(content)
        with open(os.path.join(content, 'piece'), 'wb') as file:
            file.write(os.urandom(PIECE))
        files = lt.file_storage()
        lt.add_files(files, os.path.join(content, 'piece'))
        torrent = lt.create_torrent(files, PIECE, lt.create_torrent.v1_only)
        lt.set_piece_hashes(torrent, content)
        path = os.path.join(folder, 'torrent')
        with open(path, 'wb') as file:
            file.write(lt.bencode(torrent.generate()))
        with subprocess.Popen([*me, 'seed', path, content], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as seeding:
            magnet = f'magnet:?xt=urn:btih:{lt.torrent_info(path).info_hash()}&x.pe=127.0.0.1:{seeding.stdout.readline().strip()}'
            times = {'libtorrent': [], 'torrentps': []}
            # The first of each warms the page cache up and does not count.
            for number in range(rounds + 1):
                for name in times:
                    place = tempfile.mkdtemp(dir=folder)
                    command = [*me, 'leech', magnet, place] if name == 'libtorrent' else [
                        torrentps, 'download', magnet, '--destination', place, '--bind', '127.0.0.1', '--port', '0', '--seed', '--json',
                        '--no-dht', '--no-pex', '--no-lsd']
                    took = measure(command, os.path.join(place, 'state'))
                    if number > 0:
                        times[name].append(took)
            seeding.stdin.close()
    print(f'{"":12}{"from start, ms":>16}{"from adding, ms":>17}   of {rounds} rounds each')
    medians = {name: [statistics.median(column) for column in zip(*took)] for name, took in times.items()}
    for name, (start, added) in medians.items():
        print(f'{name:12}{1000 * start:16.0f}{1000 * added:17.0f}')
    print(f'{"ratio":12}' + ''.join(f'{ours / theirs:{width}.2f}' for ours, theirs, width in zip(medians['torrentps'], medians['libtorrent'], (16, 17))))


if sys.argv[1] == 'seed':
    seed(*sys.argv[2:4])
elif sys.argv[1] == 'leech':
    leech(*sys.argv[2:4])
else:
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 11)

using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TorrentPS.Engine.Discovery;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Tests.Trackers;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Discovery;

/// <summary>
/// A Redis server with TLS, and the secrets and addresses that a Redis server may send. A trusted certificate needs a
/// process of its own (<c>SSL_CERT_FILE</c>): the module's tests have that case.
/// </summary>
public sealed class RedisTlsTests : IDisposable
{
    private const string Password = "s3cret+/word";
    private static readonly InfoHash s_torrent = InfoHash.Parse("0123456789abcdef0123456789abcdef01234567");

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("torrentps-");
    private readonly FakeTime _time = new();

    public void Dispose() => _root.Delete(recursive: true);

    [FactWithRedis]
    public async Task A_server_whose_certificate_is_not_trusted_is_refused_with_the_reason()
    {
        using RedisServer server = await new RedisServer().StartAsync([.. TlsOptions("localhost", out int port)]);

        DiscoveryStatus status = await StatusAsync($"rediss://:{Uri.EscapeDataString(Password)}@localhost:{port}/0");

        Assert.Equal(DiscoveryState.Failed, status.State);
        Assert.StartsWith($"The peer cache at rediss://localhost:{port}/0 is not available.", status.Reason, StringComparison.Ordinal);
        Assert.Contains("certificate", status.Reason, StringComparison.Ordinal);
        AssertHidden(status.Reason!);
    }

    [Fact]
    public async Task A_server_without_TLS_is_refused_with_the_reason()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        Task serving = ServeAsync(server, "-ERR unknown command\r\n");

        DiscoveryStatus status = await StatusAsync($"rediss://127.0.0.1:{((IPEndPoint)server.LocalEndpoint).Port}/0");

        await serving;
        Assert.Contains("The TLS connection failed", status.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-ERR unknown command 'AUTH', with args beginning with: 'me' '{0}'\r\n")]
    [InlineData("+OK\r\n-ERR do you mean {0}\r\n")]
    [InlineData("+OK\r\n-ERR do you mean {1}\r\n")]
    public async Task A_password_that_the_server_repeats_is_not_shown(string reply)
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        Task serving = ServeAsync(server, string.Format(
            System.Globalization.CultureInfo.InvariantCulture, reply, Password, Uri.EscapeDataString(Password)));

        DiscoveryStatus status = await StatusAsync(
            $"redis://me:{Uri.EscapeDataString(Password)}@127.0.0.1:{((IPEndPoint)server.LocalEndpoint).Port}/0");

        await serving;
        Assert.Equal(DiscoveryState.Failed, status.State);
        AssertHidden(status.Reason!);
    }

    [Theory]
    [InlineData("redis://me:s3cret+/word@host:1/x")]
    [InlineData("redis:me:s3cret@host")]
    [InlineData("http://me:s3cret@host/")]
    [InlineData("rediss://host:1/0?password=s3cret")]
    [InlineData("rediss://host:1/0#s3cret")]
    [InlineData("rediss://me:s3cret@")]
    public void An_invalid_location_is_refused_without_repeating_it(string text)
    {
        FormatException error = Assert.Throws<FormatException>(() => PeerCacheLocation.Parse(text));

        Assert.DoesNotContain("s3cret", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("rediss://host:port/db", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_text_of_the_settings_contains_the_password()
    {
        var location = PeerCacheLocation.Parse($"rediss://me:{Uri.EscapeDataString(Password)}@host:1/2");
        var settings = new SessionSettings { PeerCache = location };

        Assert.Equal("rediss://host:1/2", location.ToString());
        AssertHidden($"{location} {settings} {PeerCacheUri.Parse(location.Server!)}");
        Assert.True(PeerCacheUri.Parse(location.Server!) is { UsesTls: true, Port: 1, Database: 2, User: "me", Password: Password });
    }

    [Fact]
    public async Task Addresses_from_the_server_are_judged_by_the_scope_of_its_own_address()
    {
        string time = $"{_time.GetUtcNow().ToUnixTimeSeconds()}";
        string[] addresses =
        [
            "10.0.0.2:6881", "[::ffff:10.0.0.3]:6881", "20.0.0.1:6881", "127.0.0.1:6881", "169.254.0.1:6881",
            "[fe80::1]:6881", "0.0.0.0:6881", "224.0.0.1:6881", "255.255.255.255:6881", "10.0.0.4:0",
        ];
        var reply = new StringBuilder($"+OK\r\n:{addresses.Length}\r\n*{2 * addresses.Length}\r\n");
        foreach (string address in addresses)
            reply.Append($"${address.Length}\r\n{address}\r\n${time.Length + 2}\r\n{time} 5\r\n");
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        Task serving = ServeAsync(server, reply.ToString());

        RedisPeerCache cache = Open($"redis://:x@127.0.0.1:{((IPEndPoint)server.LocalEndpoint).Port}/0");
        var found = new List<string>();
        await foreach (IReadOnlyList<CachedPeer> peers in cache.FindAsync(s_torrent, default))
            found.AddRange(peers.Select(peer => peer.EndPoint.ToString()));

        await cache.DisposeAsync();
        await serving;
        Assert.Equal(["10.0.0.2:6881", "10.0.0.3:6881", "20.0.0.1:6881"], found.Order(StringComparer.Ordinal));
        Assert.Equal(["20.0.0.1:6881"], RedisPeerCache.Judge(
            [.. addresses.Select(address => new CachedPeer(IPEndPoint.Parse(address), _time.GetUtcNow(), 1))],
            AddressScope.Global).Select(peer => peer.EndPoint.ToString()));
    }

    private static async Task ServeAsync(TcpListener server, string reply)
    {
        using Socket client = await server.AcceptSocketAsync();
        await client.ReceiveAsync(new byte[1024]);
        await client.SendAsync(Encoding.UTF8.GetBytes(reply));
        while (await client.ReceiveAsync(new byte[1024]) > 0)
        {
        }
    }

    private static void AssertHidden(string text)
    {
        Assert.DoesNotContain(Password, text, StringComparison.Ordinal);
        Assert.DoesNotContain(Uri.EscapeDataString(Password), text, StringComparison.OrdinalIgnoreCase);
    }

    private async Task<DiscoveryStatus> StatusAsync(string server)
    {
        await using RedisPeerCache cache = Open(server);
        await foreach (IReadOnlyList<CachedPeer> _ in cache.FindAsync(s_torrent, default))
        {
        }

        return cache.Status;
    }

    private RedisPeerCache Open(string server) => new(
        new FilePeerCache(Path.Combine(_root.FullName, "peers"), _time),
        PeerCacheUri.Parse(new Uri(server)),
        NetworkBinding.Any,
        _time)
    {
        CommandTimeout = TimeSpan.FromSeconds(30),
    };

    /// <summary>Writes a self-signed certificate, and returns the options with which redis-server uses it.</summary>
    private string[] TlsOptions(string host, out int port)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.CreateSelfSigned(
            DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        string certificateFile = Path.Combine(_root.FullName, "server.crt");
        string keyFile = Path.Combine(_root.FullName, "server.key");
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        return
        [
            "--tls-port", $"{port}", "--tls-cert-file", certificateFile, "--tls-key-file", keyFile,
            "--tls-ca-cert-file", certificateFile, "--tls-auth-clients", "no",
        ];
    }
}

using System.Runtime.CompilerServices;
using TorrentPS.Protocol.Tests;

namespace TorrentPS.Engine.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_api_of_the_engine_matches_its_listing() =>
        PublicApi.AssertUnchanged(typeof(TorrentSession).Assembly, Listing());

    [Fact]
    public void Everything_public_in_the_engine_is_in_its_root_namespace() =>
        Assert.All(typeof(TorrentSession).Assembly.GetExportedTypes(), type => Assert.Equal("TorrentPS.Engine", type.Namespace));

    private static string Listing([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "PublicApi.txt");
}

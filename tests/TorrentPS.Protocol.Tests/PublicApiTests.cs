using System.Runtime.CompilerServices;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Protocol.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_api_of_the_protocol_library_matches_its_listing() =>
        PublicApi.AssertUnchanged(typeof(TorrentMetainfo).Assembly, Listing());

    private static string Listing([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "PublicApi.txt");
}

using TorrentPS.Engine.Network;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Network;

public sealed class HttpAddressRulesTests
{
    [Theory]
    [InlineData("http://t/announce?info_hash=1", AddressScope.Loopback, true)]
    [InlineData("http://t/announce/key?info_hash=1", AddressScope.Loopback, true)]
    [InlineData("http://t/announce.php?info_hash=1", AddressScope.Loopback, true)]
    [InlineData("http://t/scrape?info_hash=1", AddressScope.Loopback, true)]
    [InlineData("http://t/key/announce", AddressScope.Loopback, false)]
    [InlineData("http://t/announced", AddressScope.Loopback, false)]
    [InlineData("http://t/", AddressScope.Loopback, false)]
    [InlineData("http://t/key/announce", AddressScope.Private, true)]
    [InlineData("http://t/announce", AddressScope.Unspecified, false)]
    [InlineData("http://t/announce", AddressScope.Multicast, false)]
    [InlineData("http://t/x?y", AddressScope.Global, true)]
    public void A_tracker_on_this_machine_is_requested_only_under_its_paths(string url, AddressScope scope, bool may) =>
        Assert.Equal(may, May(HttpResource.Tracker, url, scope, null));

    [Theory]
    [InlineData("http://s/files/a.iso", AddressScope.Loopback, true)]
    [InlineData("http://s/files/a.iso", AddressScope.Private, true)]
    [InlineData("http://s/files/a.iso?id=1", AddressScope.Private, false)]
    [InlineData("http://s/files/a.iso?id=1", AddressScope.Shared, false)]
    [InlineData("http://s/files/a.iso?id=1", AddressScope.Global, true)]
    [InlineData("http://s/files/a.iso", AddressScope.Unspecified, false)]
    public void A_web_seed_in_a_private_network_gets_no_query(string url, AddressScope scope, bool may) =>
        Assert.Equal(may, May(HttpResource.WebSeed, url, scope, null));

    [Theory]
    [InlineData("http://nas/a.torrent?id=1", AddressScope.Private, null, true)]
    [InlineData("http://nas/a.torrent", AddressScope.Private, AddressScope.Private, true)]
    [InlineData("http://nas/a.torrent?id=1", AddressScope.Private, AddressScope.Private, false)]
    [InlineData("http://nas/a.torrent?id=1", AddressScope.Global, AddressScope.Private, true)]
    public void The_user_may_name_a_query_in_a_private_network(
        string url, AddressScope scope, AddressScope? from, bool may) =>
        Assert.Equal(may, May(HttpResource.UserFile, url, scope, from));

    [Theory]
    [InlineData(AddressScope.Global, AddressScope.Private, false)]
    [InlineData(AddressScope.Global, AddressScope.Shared, false)]
    [InlineData(AddressScope.Global, AddressScope.Loopback, false)]
    [InlineData(AddressScope.Private, AddressScope.Loopback, false)]
    [InlineData(AddressScope.Private, AddressScope.Private, true)]
    [InlineData(AddressScope.Loopback, AddressScope.Global, true)]
    public void A_redirect_never_leads_into_a_narrower_network(AddressScope from, AddressScope to, bool may)
    {
        foreach (HttpResource resource in Enum.GetValues<HttpResource>())
            Assert.Equal(may, May(resource, "http://host/announce", to, from));
    }

    private static bool May(HttpResource resource, string url, AddressScope scope, AddressScope? from) =>
        HttpAddressRules.Refusal(resource, new Uri(url), scope, from) is null;
}

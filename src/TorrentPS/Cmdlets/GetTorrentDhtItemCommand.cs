using System.Management.Automation;
using TorrentPS.Binding;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Cmdlets;

/// <summary>Get-TorrentDhtItem: fetches immutable items from the DHT (BEP 44).</summary>
[Cmdlet(VerbsCommon.Get, "TorrentDhtItem")]
[OutputType(typeof(TorrentDhtItem))]
public sealed class GetTorrentDhtItemCommand : DhtCmdlet
{
    /// <summary>Targets of the items in hexadecimal. A target is the SHA-1 of the item's bencoded value.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Target { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string text in Target)
        {
            if (NodeId.TryParse(text, out NodeId target))
            {
                Fetch(target);
                continue;
            }

            WriteError(ErrorRecords.InvalidArgument(
                "InvalidTarget",
                text,
                new FormatException($"'{text}' is not a target. Use 40 hexadecimal digits."),
                "Set-TorrentDhtItem writes the target of an item."));
        }
    }

    private void Fetch(NodeId target)
    {
        string name = target.ToString();
        ReadOnlyMemory<byte>? item = null;
        if (!Search(name, (session, limit) => item = Await(session.GetDhtItemAsync(target, limit))))
            return;
        if (item is { } bencoded)
            WriteObject(new TorrentDhtItem(name, bencoded.ToArray(), BencodedItem.Decode(bencoded)));
        else if (RequireConnected(name))
            WriteError(ErrorRecords.DhtItemNotFound(name));
    }
}

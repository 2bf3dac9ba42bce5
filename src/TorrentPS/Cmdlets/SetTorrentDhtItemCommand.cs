using System.Management.Automation;
using TorrentPS.Binding;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Cmdlets;

/// <summary>Set-TorrentDhtItem: stores immutable items in the DHT (BEP 44).</summary>
[Cmdlet(VerbsCommon.Set, "TorrentDhtItem", SupportsShouldProcess = true)]
[OutputType(typeof(TorrentDhtItem))]
public sealed class SetTorrentDhtItemCommand : DhtCmdlet
{
    /// <summary>A string, bytes, a whole number, or an item from Get-TorrentDhtItem.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    public object Value { get; set; } = "";

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        byte[] bencoded;
        try
        {
            bencoded = BencodedItem.Encode(Value);
        }
        catch (FormatException e)
        {
            WriteError(
                ErrorRecords.InvalidArgument("InvalidItem", Value, e, "ConvertTo-Json makes a string of anything."));
            return;
        }

        if (bencoded.Length > ImmutableItem.MaxLength)
        {
            WriteError(ErrorRecords.InvalidArgument(
                "ItemTooLarge",
                Value,
                new FormatException(
                    $"The value has {bencoded.Length} bytes when bencoded; "
                    + $"the DHT keeps at most {ImmutableItem.MaxLength}."),
                "Put the value elsewhere, and where it is into the item."));
            return;
        }

        string name = ImmutableItem.TargetOf(bencoded).ToString();
        if (!ShouldProcess(name, $"Keep {bencoded.Length} bytes in the DHT, where everyone can read them"))
            return;
        bool isKept = false;
        bool searched = Search(name, (session, limit) =>
        {
            Await(session.PutDhtItemAsync(bencoded, limit));
            isKept = true;
        });
        if (isKept)
            WriteObject(new TorrentDhtItem(name, bencoded, BencodedItem.Decode(bencoded)));
        else if (searched && RequireConnected(name))
            WriteError(ErrorRecords.DhtTimeout(name, TimeoutSeconds));
    }
}

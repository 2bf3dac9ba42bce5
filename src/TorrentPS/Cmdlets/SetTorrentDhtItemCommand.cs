using System.Management.Automation;
using TorrentPS.Binding;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Cmdlets;

/// <summary>Set-TorrentDhtItem: stores immutable items in the DHT (BEP 44).</summary>
[Cmdlet(VerbsCommon.Set, "TorrentDhtItem", SupportsShouldProcess = true)]
[OutputType(typeof(TorrentDhtItem))]
public sealed class SetTorrentDhtItemCommand : DhtCmdlet
{
    /// <summary>The value to store: a string, a byte array, an integer, or an item from Get-TorrentDhtItem.</summary>
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
            WriteError(ErrorRecords.InvalidArgument(
                "InvalidItem", Value, e, "ConvertTo-Json converts any object to a string."));
            return;
        }

        if (bencoded.Length > ImmutableItem.MaxLength)
        {
            WriteError(ErrorRecords.InvalidArgument(
                "ItemTooLarge",
                Value,
                new FormatException(
                    $"The bencoded value has {bencoded.Length} bytes. A DHT item has at most {ImmutableItem.MaxLength}."),
                "Store the value elsewhere and its location in the item."));
            return;
        }

        string name = ImmutableItem.TargetOf(bencoded).ToString();
        if (!ShouldProcess(name, $"Store {bencoded.Length} publicly readable bytes in the DHT"))
            return;
        bool isStored = false;
        bool searched = Search(name, (session, limit) =>
        {
            Await(session.PutDhtItemAsync(bencoded, limit));
            isStored = true;
        });
        if (isStored)
            WriteObject(new TorrentDhtItem(name, bencoded, BencodedItem.Decode(bencoded)));
        else if (searched && RequireConnected(name))
            WriteError(ErrorRecords.DhtTimeout(name, TimeoutSeconds));
    }
}

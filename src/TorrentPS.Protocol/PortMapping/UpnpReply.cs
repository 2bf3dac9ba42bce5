using System.Globalization;
using System.Net;

namespace TorrentPS.Protocol.PortMapping;

/// <summary>The reply of a gateway to a <see cref="UpnpAction"/>.</summary>
public sealed record UpnpReply
{
    /// <summary>Maximum length of a reply in bytes. Replies are usually shorter than 1 KiB.</summary>
    public const int MaxLength = 16 * 1024;

    /// <summary>Error: the gateway's settings forbid the action.</summary>
    public const int NotAuthorized = 606;

    /// <summary>Error: another machine uses the external port.</summary>
    public const int Conflict = 718;

    /// <summary>Error: the gateway supports only mappings whose external port equals the internal port.</summary>
    public const int SamePortRequired = 724;

    /// <summary>Error: the gateway supports only mappings that don't expire.</summary>
    public const int OnlyPermanentLeases = 725;

    /// <summary>Error: the mapping conflicts with another service of the gateway.</summary>
    public const int ConflictWithOtherMechanisms = 729;

    /// <summary>The UPnP error code; null after a success.</summary>
    public int? Error { get; init; }

    /// <summary>The gateway's external address; null if the reply has none.</summary>
    public IPAddress? ExternalAddress { get; init; }

    /// <summary>The external port that <c>AddAnyPortMapping</c> has mapped; null if the reply has none.</summary>
    public ushort? ReservedPort { get; init; }

    /// <summary>Parses the body of a reply. Returns null if it is not a SOAP reply.</summary>
    public static UpnpReply? TryParse(ReadOnlyMemory<byte> body)
    {
        var reply = new UpnpReply();
        bool isSoap = false, isFault = false;
        bool isValid = UpnpXml.TryRead(body, MaxLength, (name, text) =>
        {
            switch (name)
            {
                case "errorCode" when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int code):
                    reply = reply with { Error = code };
                    break;
                case "Fault":
                    isFault = true;
                    break;
                case "NewExternalIPAddress" when IPAddress.TryParse(text, out IPAddress? address):
                    reply = reply with { ExternalAddress = address };
                    break;
                case "NewReservedPort" when ushort.TryParse(
                    text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port):
                    reply = reply with { ReservedPort = port };
                    break;
                case "Envelope":
                    isSoap = true;
                    break;
            }
        });
        if (!isValid || !isSoap)
            return null;
        return isFault && reply.Error is null ? reply with { Error = 0 } : reply;
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Pro.DockerVersioning.Registry;

/// <summary>Networks in the notation of CIDR. As Go reads them: the digits behind the prefix need not be 0.</summary>
internal static class IpNetworkText
{
    /// <summary>Reads <c>10.0.0.0/8</c>.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out IPAddress? address, out int length)
    {
        (address, length) = (null, 0);
        return text?.Split('/') is [var network, var digits]
            && IPAddress.TryParse(network, out address)
            && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out length)
            && length <= address.GetAddressBytes().Length * 8;
    }

    /// <summary>Whether an address is in a network.</summary>
    public static bool Contains(IPAddress network, int length, IPAddress address)
    {
        var (of, own) = (network.GetAddressBytes(), (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).GetAddressBytes());
        if (of.Length != own.Length)
        {
            return false;
        }

        for (var bit = 0; bit < length; bit++)
        {
            var mask = 0x80 >> (bit % 8);
            if ((of[bit / 8] & mask) != (own[bit / 8] & mask))
            {
                return false;
            }
        }

        return true;
    }
}

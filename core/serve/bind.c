/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bind.c: sockets that wait for others, by an address as the configuration has it. */
#include <metergate.h>

#include "bind.h"

#include <netinet/in.h>
#include <string.h>

#define BACKLOG 64

typedef struct {
    GSocketType type;
    char *host;
    guint16 port;
} Address;

/* "[::]:502", "192.0.2.7:502" */
static gboolean address_split (const char *text, Address *out)
{
    const char *colon = strrchr (text, ':');
    guint64 port;

    if (colon == NULL || !g_ascii_string_to_unsigned (colon + 1, 10, 0, G_MAXUINT16, &port, NULL))
        return FALSE;
    gsize len = (gsize) (colon - text);
    gboolean bracketed = len >= 2 && text[0] == '[' && text[len - 1] == ']';
    out->host = bracketed ? g_strndup (text + 1, len - 2) : g_strndup (text, len);
    out->port = (guint16) port;
    return bracketed == (strchr (out->host, ':') != NULL);
}

static gboolean address_parse (const char *text, Address *out, GError **error)
{
    gboolean tcp = g_str_has_prefix (text, "tcp:");

    out->type = tcp ? G_SOCKET_TYPE_STREAM : G_SOCKET_TYPE_DATAGRAM;
    if ((tcp || g_str_has_prefix (text, "udp:")) && address_split (text + 4, out) &&
        g_hostname_is_ip_address (out->host))
        return TRUE;
    g_set_error (error, MG_ERROR, MG_ERROR_CONFIG,
                 "\"%s\": expected tcp: or udp:, an IP address and a port: tcp:[::]:502, tcp:127.0.0.1:502", text);
    return FALSE;
}

static GSocket *bind_to (const Address *address, GInetAddress *inet, GError **error)
{
    g_autoptr (GSocketAddress) where = g_inet_socket_address_new (inet, address->port);
    GSocketFamily family = g_inet_address_get_family (inet);
    g_autoptr (GSocket) socket = g_socket_new (family, address->type, G_SOCKET_PROTOCOL_DEFAULT, error);

    if (socket == NULL)
        return NULL;
    g_socket_set_blocking (socket, FALSE);
    if (family == G_SOCKET_FAMILY_IPV6 && g_inet_address_get_is_any (inet))
        g_socket_set_option (socket, IPPROTO_IPV6, IPV6_V6ONLY, 0, NULL);
    if (!g_socket_bind (socket, where, address->type == G_SOCKET_TYPE_STREAM, error))
        return NULL;
    g_socket_set_listen_backlog (socket, BACKLOG);
    if (address->type == G_SOCKET_TYPE_STREAM && !g_socket_listen (socket, error))
        return NULL;
    return g_steal_pointer (&socket);
}

GSocket *bind_address (const char *text, GError **error)
{
    Address address = { 0 };
    GError *why = NULL;
    GSocket *socket = NULL;

    if (address_parse (text, &address, error)) {
        g_autoptr (GInetAddress) inet = g_inet_address_new_from_string (address.host);
        socket = bind_to (&address, inet, &why);
        if (socket == NULL && g_inet_address_get_family (inet) == G_SOCKET_FAMILY_IPV6 &&
            g_inet_address_get_is_any (inet) && !g_error_matches (why, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE) &&
            !g_error_matches (why, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED)) {
            g_autoptr (GInetAddress) any = g_inet_address_new_any (G_SOCKET_FAMILY_IPV4);
            g_clear_error (&why);
            socket = bind_to (&address, any, &why);
        }
        if (socket == NULL)
            g_set_error (error, MG_ERROR, MG_ERROR_IO, "%s: %s", text, why->message);
    }
    g_clear_error (&why);
    g_free (address.host);
    return socket;
}

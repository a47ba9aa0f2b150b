/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* port-udp.c: UDP ports: one peer, or many told apart by their datagrams. */
#include "port.h"
#include "port-socket.h"

#include <errno.h>
#include <poll.h>

#define DATAGRAM_MAX 65536

typedef struct {
    char *peer, *bind_to;
    GSocket *socket;
    guint8 *buf;
} PortUdp;

gpointer port_udp_new (const char *peer, const char *bind_to)
{
    PortUdp *port = g_new0 (PortUdp, 1);

    port->peer = g_strdup (peer);
    port->bind_to = g_strdup (bind_to);
    port->buf = g_malloc (DATAGRAM_MAX);
    return port;
}

static void udp_close (gpointer data)
{
    PortUdp *port = data;

    g_clear_object (&port->socket);
}

static void udp_free (gpointer data)
{
    PortUdp *port = data;

    udp_close (port);
    g_free (port->peer);
    g_free (port->bind_to);
    g_free (port->buf);
    g_free (port);
}

static const char *udp_name (PortUdp *port)
{
    return port->peer != NULL ? port->peer : port->bind_to != NULL ? port->bind_to : "-";
}

/* Takes `why`; a cancellation stays one. Always FALSE. */
static gboolean udp_fail (PortUdp *port, GError *why, GError **error)
{
    if (g_error_matches (why, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_propagate_error (error, why);
        return FALSE;
    }
    g_set_error (error, MG_ERROR, why->domain == MG_ERROR ? why->code : MG_ERROR_IO, "udp %s: %s", udp_name (port),
                 why->message);
    g_error_free (why);
    return FALSE;
}

static GSocketAddress *udp_first (const char *host_port, gint64 until_us, GCancellable *cancellable, GError **error)
{
    GList *addresses = port_resolve (host_port, until_us, cancellable, error);
    GSocketAddress *first = addresses == NULL ? NULL : g_object_ref (addresses->data);

    g_list_free_full (addresses, g_object_unref);
    return first;
}

static gboolean udp_open (gpointer data, gint64 until_us, GCancellable *cancellable, GError **error)
{
    PortUdp *port = data;
    g_autoptr (GSocketAddress) peer = NULL, local = NULL;
    GError *why = NULL;

    if ((port->peer != NULL && (peer = udp_first (port->peer, until_us, cancellable, &why)) == NULL) ||
        (port->bind_to != NULL && (local = udp_first (port->bind_to, until_us, cancellable, &why)) == NULL))
        return udp_fail (port, why, error);
    GSocketFamily family = peer != NULL    ? g_socket_address_get_family (peer)
                           : local != NULL ? g_socket_address_get_family (local)
                                           : G_SOCKET_FAMILY_IPV4;
    g_autoptr (GSocket) socket = g_socket_new (family, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, &why);
    if (socket == NULL)
        return udp_fail (port, why, error);
    g_socket_set_blocking (socket, FALSE);
    if ((local != NULL && !g_socket_bind (socket, local, FALSE, &why)) ||
        (peer != NULL && !g_socket_connect (socket, peer, cancellable, &why)))
        return udp_fail (port, why, error);
    port->socket = g_steal_pointer (&socket);
    return TRUE;
}

static gboolean udp_closed (PortUdp *port, GError **error)
{
    if (port->socket != NULL)
        return FALSE;
    g_set_error (error, MG_ERROR, MG_ERROR_IO, "udp %s: not open", udp_name (port));
    return TRUE;
}

static gssize udp_receive (gpointer data, GByteArray *datagram, char **peer, gint64 until_us, GCancellable *cancellable,
                           GError **error)
{
    PortUdp *port = data;

    if (udp_closed (port, error))
        return -1;
    for (;;) {
        gint ready = port_wait (g_socket_get_fd (port->socket), POLLIN, until_us, cancellable, error);
        g_autoptr (GSocketAddress) from = NULL;
        GError *why = NULL;

        if (ready <= 0)
            return ready;
        gssize n = g_socket_receive_from (port->socket, &from, (char *) port->buf, DATAGRAM_MAX, NULL, &why);
        if (n > 0) {
            g_byte_array_set_size (datagram, 0);
            g_byte_array_append (datagram, port->buf, (guint) n);
            if (peer != NULL)
                *peer = from == NULL ? g_strdup (port->peer) : port_address_text (from);
            return n;
        }
        /* An empty datagram tells nothing; "refused" is about one sent before, whose answer will be missed by its
         * time-out. */
        if (n < 0 && !g_error_matches (why, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) &&
            !g_error_matches (why, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
            return udp_fail (port, why, error) - 1;
        g_clear_error (&why);
    }
}

static gboolean udp_send (gpointer data, const char *peer, const guint8 *bytes, gsize len, GError **error)
{
    PortUdp *port = data;
    g_autoptr (GSocketAddress) to = NULL;
    g_autofree char *host = NULL;
    guint16 number;
    GError *why = NULL;

    if (udp_closed (port, error))
        return FALSE;
    if (peer == NULL && port->peer == NULL) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "udp %s: no host is set and none was named to send to",
                     udp_name (port));
        return FALSE;
    }
    if (peer != NULL && port->peer == NULL) {
        if (!port_split (peer, &host, &number, &why))
            return udp_fail (port, why, error);
        to = g_inet_socket_address_new_from_string (host, number);
        if (to == NULL) {
            g_set_error (error, MG_ERROR, MG_ERROR_RANGE,
                         "udp %s: peer \"%s\": expected an address in digits and a port", udp_name (port), peer);
            return FALSE;
        }
    }
    if (g_socket_send_to (port->socket, to, (const char *) bytes, len, NULL, &why) >= 0)
        return TRUE;
    if (g_error_matches (why, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED)) { /* of a datagram before: say it again */
        g_clear_error (&why);
        if (g_socket_send_to (port->socket, to, (const char *) bytes, len, NULL, &why) >= 0)
            return TRUE;
    }
    return udp_fail (port, why, error);
}

static int udp_wake_fd (gpointer data)
{
    PortUdp *port = data;

    return port->socket == NULL ? -1 : g_socket_get_fd (port->socket);
}

const MghPortOps port_udp_ops = { .struct_size = sizeof (MghPortOps),
                                  .open = udp_open,
                                  .close = udp_close,
                                  .receive = udp_receive,
                                  .send = udp_send,
                                  .wake_fd = udp_wake_fd,
                                  .free = udp_free };

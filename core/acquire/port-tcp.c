/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* port-tcp.c: TCP client ports: M-Bus and serial converters on a network. */
#include "port.h"
#include "port-socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

/* A converter that lost its power says nothing: noticed within about two minutes idle, half a minute while sending. */
#define KEEP_IDLE_S       60
#define KEEP_INTERVAL_S   15
#define KEEP_COUNT        4
#define UNACKNOWLEDGED_MS 30000

typedef struct {
    char *host_port;
    GSocket *socket;
} PortTcp;

gpointer port_tcp_new (const char *host_port)
{
    PortTcp *port = g_new0 (PortTcp, 1);

    port->host_port = g_strdup (host_port);
    return port;
}

static void tcp_close (gpointer data)
{
    PortTcp *port = data;

    g_clear_object (&port->socket);
}

static void tcp_free (gpointer data)
{
    PortTcp *port = data;

    tcp_close (port);
    g_free (port->host_port);
    g_free (port);
}

static gboolean tcp_lost (PortTcp *port, int code, GError **error)
{
    g_set_error (error, MG_ERROR, MG_ERROR_IO, "tcp %s: %s", port->host_port,
                 code == 0 ? "closed by the other side" : g_strerror (code));
    return FALSE;
}

static void tcp_set_options (GSocket *socket)
{
    g_socket_set_keepalive (socket, TRUE);
    g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
    g_socket_set_option (socket, IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE_S, NULL);
    g_socket_set_option (socket, IPPROTO_TCP, TCP_KEEPINTVL, KEEP_INTERVAL_S, NULL);
    g_socket_set_option (socket, IPPROTO_TCP, TCP_KEEPCNT, KEEP_COUNT, NULL);
    g_socket_set_option (socket, IPPROTO_TCP, TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS, NULL);
}

/* NULL with the reason, which may be a cancellation */
static GSocket *tcp_connect (GSocketAddress *address, gint64 until_us, GCancellable *cancellable, GError **error)
{
    g_autoptr (GSocket) socket =
        g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);
    g_autoptr (GError) why = NULL;
    gint ready;

    if (socket == NULL)
        return NULL;
    g_socket_set_blocking (socket, FALSE);
    tcp_set_options (socket);
    if (g_socket_connect (socket, address, cancellable, &why))
        return g_steal_pointer (&socket);
    if (!g_error_matches (why, G_IO_ERROR, G_IO_ERROR_PENDING)) {
        g_propagate_error (error, g_steal_pointer (&why));
        return NULL;
    }
    ready = port_wait (g_socket_get_fd (socket), POLLOUT, until_us, cancellable, error);
    if (ready == 0)
        g_set_error_literal (error, MG_ERROR, MG_ERROR_IO, "no answer to the connection in time");
    return ready > 0 && g_socket_check_connect_result (socket, error) ? g_steal_pointer (&socket) : NULL;
}

/* Each address of the name gets its share of the time. */
static gboolean tcp_open (gpointer data, gint64 until_us, GCancellable *cancellable, GError **error)
{
    PortTcp *port = data;
    GList *addresses = port_resolve (port->host_port, until_us, cancellable, error);
    guint left = g_list_length (addresses);
    GError *why = NULL;

    if (addresses == NULL) {
        g_prefix_error (error, "tcp ");
        return FALSE;
    }
    for (GList *at = addresses; at != NULL && port->socket == NULL; at = at->next, left--) {
        gint64 now_us = g_get_monotonic_time ();
        gint64 share_us = until_us == G_MAXINT64 ? G_MAXINT64 : now_us + MAX (0, until_us - now_us) / left;

        g_clear_error (&why);
        port->socket = tcp_connect (at->data, share_us, cancellable, &why);
        if (port->socket == NULL && g_cancellable_is_cancelled (cancellable))
            break;
    }
    g_list_free_full (addresses, g_object_unref);
    if (port->socket != NULL) {
        g_clear_error (&why);
        return TRUE;
    }
    if (g_error_matches (why, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_propagate_error (error, why);
    else {
        g_set_error (error, MG_ERROR, MG_ERROR_IO, "tcp %s: %s", port->host_port, why->message);
        g_error_free (why);
    }
    return FALSE;
}

static gssize tcp_read (gpointer data, guint8 *buf, gsize max, gint64 until_us, GCancellable *cancellable,
                        GError **error)
{
    PortTcp *port = data;
    int fd = port->socket == NULL ? -1 : g_socket_get_fd (port->socket);

    if (fd < 0)
        return tcp_lost (port, ENOTCONN, error) - 1;
    for (;;) {
        gint ready = port_wait (fd, POLLIN, until_us, cancellable, error);

        if (ready <= 0)
            return ready;
        ssize_t n = recv (fd, buf, max, MSG_DONTWAIT);
        if (n > 0)
            return n;
        if (n == 0 || (errno != EAGAIN && errno != EINTR))
            return tcp_lost (port, n == 0 ? 0 : errno, error) - 1;
    }
}

static gboolean tcp_write (gpointer data, const guint8 *bytes, gsize len, gint64 until_us, GCancellable *cancellable,
                           GError **error)
{
    PortTcp *port = data;
    int fd = port->socket == NULL ? -1 : g_socket_get_fd (port->socket);
    gsize done = 0;

    if (fd < 0)
        return tcp_lost (port, ENOTCONN, error);
    while (done < len) {
        gint ready = port_wait (fd, POLLOUT, until_us, cancellable, error);

        if (ready < 0)
            return FALSE;
        if (ready == 0) {
            g_set_error (error, MG_ERROR, MG_ERROR_TIMEOUT,
                         "tcp %s: %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " bytes taken before the deadline",
                         port->host_port, done, len);
            return FALSE;
        }
        ssize_t n = send (fd, bytes + done, len - done, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return tcp_lost (port, errno, error);
        done += n < 0 ? 0 : (gsize) n;
    }
    return TRUE;
}

static int tcp_wake_fd (gpointer data)
{
    PortTcp *port = data;

    return port->socket == NULL ? -1 : g_socket_get_fd (port->socket);
}

const MghPortOps port_tcp_ops = { .struct_size = sizeof (MghPortOps),
                                  .open = tcp_open,
                                  .close = tcp_close,
                                  .read = tcp_read,
                                  .write = tcp_write,
                                  .wake_fd = tcp_wake_fd,
                                  .free = tcp_free };

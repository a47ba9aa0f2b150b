/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sim-mbus-server.c: moves bytes between simulated segments and descriptors, in real time, from one thread. */
#include "sim-mbus-server.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

struct _SimPort {
    SimBus *bus;
    char *name, *link;
    int listen_fd; /* -1: a pseudo terminal */
    int fd;        /* the master of the bus; -1: nobody connected */
    int slave_fd;  /* kept open, so that a closing client is no end of file */
    gint64 heard_us;
    gint64 when_us;
    GByteArray *pending; /* what sim_bus_next () gave, not due yet; empty: nothing */
};

static volatile sig_atomic_t ports_stop;

static void ports_on_signal (int number G_GNUC_UNUSED)
{
    ports_stop = 1;
}

static gboolean port_errno (GError **error, const char *what, const char *name)
{
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "%s %s: %s", what, name, g_strerror (errno));
    return FALSE;
}

static SimPort *port_new (SimBus *bus)
{
    SimPort *port = g_new0 (SimPort, 1);

    port->bus = bus;
    port->listen_fd = port->fd = port->slave_fd = -1;
    port->pending = g_byte_array_new ();
    return port;
}

static void port_close (int *fd)
{
    if (*fd >= 0)
        close (*fd);
    *fd = -1;
}

void sim_port_free (SimPort *port)
{
    port_close (&port->listen_fd);
    port_close (&port->fd);
    port_close (&port->slave_fd);
    if (port->link != NULL)
        unlink (port->link);
    sim_bus_free (port->bus);
    g_byte_array_unref (port->pending);
    g_free (port->link);
    g_free (port->name);
    g_free (port);
}

const char *sim_port_get_name (const SimPort *port)
{
    return port->name;
}

static gboolean port_listen (SimPort *port, const char *address_port, GError **error)
{
    g_autoptr (GSocketConnectable) where = g_network_address_parse (address_port, 0, error);
    g_autoptr (GInetAddress) host = NULL;
    struct sockaddr_in in = { .sin_family = AF_INET };
    socklen_t len = sizeof in;
    int on = 1;

    if (where == NULL)
        return FALSE;
    host = g_inet_address_new_from_string (g_network_address_get_hostname (G_NETWORK_ADDRESS (where)));
    if (host == NULL || g_inet_address_get_family (host) != G_SOCKET_FAMILY_IPV4) {
        g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "listen %s: expected an IPv4 address and a port",
                     address_port);
        return FALSE;
    }
    memcpy (&in.sin_addr, g_inet_address_to_bytes (host), sizeof in.sin_addr);
    in.sin_port = htons (g_network_address_get_port (G_NETWORK_ADDRESS (where)));
    port->listen_fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (port->listen_fd < 0)
        return port_errno (error, "listen", address_port);
    setsockopt (port->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind (port->listen_fd, (struct sockaddr *) &in, sizeof in) != 0 || listen (port->listen_fd, 8) != 0 ||
        getsockname (port->listen_fd, (struct sockaddr *) &in, &len) != 0)
        return port_errno (error, "listen", address_port);
    port->name =
        g_strdup_printf ("%s:%u", g_network_address_get_hostname (G_NETWORK_ADDRESS (where)), ntohs (in.sin_port));
    return TRUE;
}

SimPort *sim_port_new_tcp (SimBus *bus, const char *address_port, GError **error)
{
    SimPort *port = port_new (bus);

    if (port_listen (port, address_port, error))
        return port;
    sim_port_free (port);
    return NULL;
}

static gboolean port_open_pty (SimPort *port, const char *link, GError **error)
{
    struct termios raw;

    port->fd = posix_openpt (O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (port->fd < 0 || grantpt (port->fd) != 0 || unlockpt (port->fd) != 0)
        return port_errno (error, "open", "/dev/ptmx");
    port->name = g_strdup (ptsname (port->fd));
    port->slave_fd = open (port->name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (port->slave_fd < 0 || tcgetattr (port->slave_fd, &raw) != 0)
        return port_errno (error, "open", port->name);
    cfmakeraw (&raw);
    if (tcsetattr (port->slave_fd, TCSANOW, &raw) != 0)
        return port_errno (error, "set up", port->name);
    if (link == NULL)
        return TRUE;
    unlink (link);
    if (symlink (port->name, link) != 0)
        return port_errno (error, "link", link);
    port->link = g_strdup (link);
    return TRUE;
}

SimPort *sim_port_new_pty (SimBus *bus, const char *link, GError **error)
{
    SimPort *port = port_new (bus);

    if (port_open_pty (port, link, error))
        return port;
    sim_port_free (port);
    return NULL;
}

/* who comes last has the bus: a gateway that was killed leaves a dead connection behind */
static void port_accept (SimPort *port)
{
    int fd = accept4 (port->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), on = 1;

    if (fd < 0)
        return;
    setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    port_close (&port->fd);
    port->fd = fd;
}

/* A pseudo terminal tells the speed that the other side has set. */
static void port_follow_speed (SimPort *port)
{
    static const struct {
        speed_t speed;
        guint32 baud;
    } speeds[] = { { B300, 300 },   { B600, 600 },   { B1200, 1200 },   { B2400, 2400 },
                   { B4800, 4800 }, { B9600, 9600 }, { B19200, 19200 }, { B38400, 38400 } };
    struct termios now;

    if (port->slave_fd < 0 || tcgetattr (port->slave_fd, &now) != 0)
        return;
    for (guint i = 0; i < G_N_ELEMENTS (speeds); i++) {
        if (cfgetospeed (&now) == speeds[i].speed)
            sim_bus_set_baud (port->bus, speeds[i].baud);
    }
}

static void port_read (SimPort *port)
{
    guint8 buffer[2048];
    ssize_t n = read (port->fd, buffer, sizeof buffer);

    if (n > 0) {
        gint64 now_us = MAX (g_get_monotonic_time (), port->heard_us);

        port_follow_speed (port);
        port->heard_us = now_us + n * sim_bus_get_byte_us (port->bus);
        sim_bus_write (port->bus, port->heard_us, buffer, (gsize) n);
    } else if (port->listen_fd >= 0 && (n == 0 || (errno != EAGAIN && errno != EINTR))) {
        port_close (&port->fd);
    }
}

/* Sends what is due; returns when the next is, or -1. What nobody takes is lost, as on a wire. */
static gint64 port_flush (SimPort *port)
{
    for (;;) {
        if (port->pending->len == 0 && !sim_bus_next (port->bus, &port->when_us, port->pending))
            return -1;
        if (port->when_us > g_get_monotonic_time ())
            return port->when_us;
        if (port->fd >= 0) {
            ssize_t n = port->listen_fd >= 0 ? send (port->fd, port->pending->data, port->pending->len, MSG_NOSIGNAL)
                                             : write (port->fd, port->pending->data, port->pending->len);
            if (n < 0 && port->listen_fd >= 0 && errno != EAGAIN && errno != EINTR)
                port_close (&port->fd);
        }
        g_byte_array_set_size (port->pending, 0);
    }
}

void sim_ports_run (GPtrArray *ports)
{
    g_autofree struct pollfd *fds = g_new0 (struct pollfd, 2 * (gsize) ports->len);
    struct sigaction action = { .sa_handler = ports_on_signal };
    sigset_t while_busy, while_waiting;

    sigemptyset (&while_busy);
    sigaddset (&while_busy, SIGINT);
    sigaddset (&while_busy, SIGTERM);
    sigprocmask (SIG_BLOCK, &while_busy, &while_waiting);
    sigaction (SIGINT, &action, NULL);
    sigaction (SIGTERM, &action, NULL);
    while (!ports_stop) {
        gint64 next_us = -1;
        struct timespec wait;

        for (guint i = 0; i < ports->len; i++) {
            SimPort *port = g_ptr_array_index (ports, i);
            gint64 due_us = port_flush (port);

            if (due_us >= 0 && (next_us < 0 || due_us < next_us))
                next_us = due_us;
            fds[2 * i] = (struct pollfd){ .fd = port->listen_fd, .events = POLLIN };
            fds[2 * i + 1] = (struct pollfd){ .fd = port->fd, .events = POLLIN };
        }
        next_us = next_us < 0 ? 1000000 : MAX (next_us - g_get_monotonic_time (), 0);
        wait.tv_sec = next_us / 1000000;
        wait.tv_nsec = next_us % 1000000 * 1000;
        if (ppoll (fds, 2 * (nfds_t) ports->len, &wait, &while_waiting) <= 0)
            continue;
        for (guint i = 0; i < ports->len; i++) {
            if (fds[2 * i].revents != 0)
                port_accept (g_ptr_array_index (ports, i));
            else if (fds[2 * i + 1].revents != 0)
                port_read (g_ptr_array_index (ports, i));
        }
    }
}

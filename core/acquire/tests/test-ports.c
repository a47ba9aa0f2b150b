/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-ports.c: serial ports on a pseudo terminal, TCP and UDP ports on the loopback, and lines over them. */
#include "port.h"

#include <host/mgh-config.h>

#include <pty.h>
#include <string.h>
#include <sys/file.h>
#include <termios.h>
#include <unistd.h>

#define LATER(ms) (g_get_monotonic_time () + (gint64) (ms) *1000)
#define LIMIT     LATER (10000)

static MgLine *line_of (const char *const *texts, GError **error)
{
    MghConfigText pairs[16];
    g_autoptr (MgConfig) config = NULL;
    guint n = 0;

    for (; texts[2 * n] != NULL; n++)
        pairs[n] = (MghConfigText){ texts[2 * n], texts[2 * n + 1] };
    config = mgh_config_new (&line_settings, 1, pairs, n, error);
    return config == NULL ? NULL : line_from_config ("l1", config, mgh_clock_real (), error);
}

#define LINE(error, ...) line_of ((const char *const[]){ __VA_ARGS__, NULL }, error)

static void read_all (int fd, guint8 *buf, gsize len)
{
    for (gsize done = 0; done < len;) {
        ssize_t n = read (fd, buf + done, len - done);

        g_assert_cmpint (n, >, 0);
        done += (gsize) n;
    }
}

static int pty_pair (char *device)
{
    int master, slave;

    g_assert_cmpint (openpty (&master, &slave, device, NULL, NULL), ==, 0);
    close (slave);
    return master;
}

static void serial_moves_all_bytes_untouched (void)
{
    g_autoptr (GError) error = NULL;
    char device[64];
    int master = pty_pair (device);
    g_autoptr (MgLine) line = LINE (&error, "kind", "serial", "device", device, "baud", "9600", "mode", "8E1");
    guint8 all[256], back[256];

    g_assert_no_error (error);
    g_assert_true (mgh_line_open (line, LIMIT, NULL, &error));
    for (guint i = 0; i < sizeof all; i++)
        all[i] = (guint8) i;
    mgh_line_begin (line, NULL, "c", "read", "-");
    g_assert_true (mg_line_write (line, all, sizeof all, &error));
    read_all (master, back, sizeof back);
    g_assert_cmpmem (back, sizeof back, all, sizeof all);
    memset (back, 0, sizeof back);
    g_assert_cmpint (write (master, all, sizeof all), ==, sizeof all);
    g_assert_true (mg_line_read (line, back, sizeof back, 10 * G_USEC_PER_SEC, &error));
    g_assert_cmpmem (back, sizeof back, all, sizeof all);
    mgh_line_end (line, "ok", NULL);
    close (master);
}

static void serial_is_locked (void)
{
    g_autoptr (GError) error = NULL;
    char device[64];
    int master = pty_pair (device);
    g_autoptr (MgLine) first = LINE (NULL, "kind", "serial", "device", device);
    g_autoptr (MgLine) second = LINE (NULL, "kind", "serial", "device", device);

    g_assert_true (mgh_line_open (first, LIMIT, NULL, NULL));
    g_assert_false (mgh_line_open (second, LIMIT, NULL, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_IO);
    mgh_line_close (first);
    g_assert_true (mgh_line_open (second, LIMIT, NULL, NULL));
    close (master);
}

static void serial_that_disappears_is_io (void)
{
    g_autoptr (GError) error = NULL;
    char device[64];
    int master = pty_pair (device);
    g_autoptr (MgLine) line = LINE (NULL, "kind", "serial", "device", device);
    guint8 byte;

    g_assert_true (mgh_line_open (line, LIMIT, NULL, NULL));
    mgh_line_begin (line, NULL, "c", "read", "-");
    close (master);
    g_assert_false (mg_line_read (line, &byte, 1, 10 * G_USEC_PER_SEC, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_IO);
    g_assert_nonnull (strstr (error->message, device));
    g_assert_nonnull (strstr (error->message, "disappeared"));
    g_assert_false (mgh_line_is_open (line));
    mgh_line_end (line, "io", NULL);
    g_clear_error (&error);
    g_assert_false (mgh_line_open (line, LIMIT, NULL, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_IO);
}

static void what_is_no_serial_port_is_refused (void)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (MgLine) line = LINE (NULL, "kind", "serial", "device", "/dev/null");

    g_assert_false (mgh_line_open (line, LIMIT, NULL, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_CONFIG);
}

static pid_t waiter;

/* until the main thread sleeps in its wait */
static void await_waiting (void)
{
    g_autofree char *path = g_strdup_printf ("/proc/self/task/%d/stat", (int) waiter);
    gint64 limit_us = LIMIT;
    gboolean asleep = FALSE;

    while (!asleep && g_get_monotonic_time () < limit_us) {
        g_autofree char *stat = NULL;
        const char *state = g_file_get_contents (path, &stat, NULL, NULL) ? strrchr (stat, ')') : NULL;

        asleep = state != NULL && state[2] == 'S';
        g_thread_yield ();
    }
    g_assert_true (asleep);
}

static gpointer cancel_when_waiting (gpointer cancellable)
{
    await_waiting ();
    g_cancellable_cancel (cancellable);
    return NULL;
}

static void waits_end_when_cancelled (void)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (GCancellable) cancellable = g_cancellable_new ();
    char device[64];
    int master = pty_pair (device);
    g_autoptr (MgLine) line = LINE (NULL, "kind", "serial", "device", device);
    MghCallInfo info = { .struct_size = sizeof info, .line = line, .cancellable = cancellable };
    g_autoptr (MgCall) call = mgh_call_new (&info);
    guint8 byte;

    g_assert_true (mgh_line_open (line, LIMIT, NULL, NULL));
    mgh_line_begin (line, call, "c", "read", "-");
    GThread *thread = g_thread_new ("cancel", cancel_when_waiting, cancellable);
    g_assert_false (mg_line_read (line, &byte, 1, MG_FOREVER, &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_assert_true (mgh_line_is_open (line));
    mgh_line_end (line, "cancelled", NULL);
    g_thread_join (thread);
    close (master);
}

static gpointer yield_when_waiting (gpointer line)
{
    await_waiting ();
    mgh_line_yield (line, TRUE);
    return NULL;
}

static void listen_is_woken_to_yield (void)
{
    g_autoptr (GError) error = NULL;
    char device[64];
    int master = pty_pair (device);
    g_autoptr (MgLine) line = LINE (NULL, "kind", "serial", "device", device);
    guint8 byte;

    g_assert_true (mgh_line_open (line, LIMIT, NULL, NULL));
    mgh_line_begin (line, NULL, "c", "listen", "-");
    GThread *thread = g_thread_new ("yield", yield_when_waiting, line);
    g_assert_false (mg_line_read (line, &byte, 1, MG_FOREVER, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_YIELD);
    mgh_line_end (line, "yield", NULL);
    g_thread_join (thread);
    close (master);
}

/* ---------------------------------------------------------------------------------------------------------- network */

static GSocket *listener (GSocketFamily family, GSocketType type, char **host_port)
{
    g_autoptr (GInetAddress) ip = g_inet_address_new_loopback (family);
    g_autoptr (GSocketAddress) any = g_inet_socket_address_new (ip, 0), bound = NULL;
    g_autofree char *text = g_inet_address_to_string (ip);
    GSocket *socket = g_socket_new (family, type, G_SOCKET_PROTOCOL_DEFAULT, NULL);

    if (socket == NULL || !g_socket_bind (socket, any, TRUE, NULL)) {
        g_clear_object (&socket);
        return NULL;
    }
    if (type == G_SOCKET_TYPE_STREAM)
        g_assert_true (g_socket_listen (socket, NULL));
    bound = g_socket_get_local_address (socket, NULL);
    *host_port = g_strdup_printf (family == G_SOCKET_FAMILY_IPV6 ? "[%s]:%u" : "%s:%u", text,
                                  g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound)));
    g_socket_set_timeout (socket, 10);
    return socket;
}

static void tcp_talks (GSocketFamily family, const char *by_name)
{
    g_autofree char *host_port = NULL;
    g_autoptr (GSocket) server = listener (family, G_SOCKET_TYPE_STREAM, &host_port), peer = NULL;
    g_autoptr (GError) error = NULL;
    guint8 buf[8];

    if (server == NULL) {
        g_test_skip ("this machine has no IPv6 loopback");
        return;
    }
    g_autofree char *named =
        by_name == NULL ? g_strdup (host_port) : g_strconcat (by_name, strrchr (host_port, ':'), NULL);
    g_autoptr (MgLine) line = LINE (&error, "kind", "tcp", "host", named);
    g_assert_no_error (error);
    mgh_line_open (line, LIMIT, NULL, &error);
    g_assert_no_error (error);
    peer = g_socket_accept (server, NULL, &error);
    g_assert_no_error (error);
    mgh_line_begin (line, NULL, "c", "read", "-");
    g_assert_true (mg_line_write (line, (const guint8 *) "ping", 4, NULL));
    g_assert_cmpint (g_socket_receive (peer, (char *) buf, 4, NULL, NULL), ==, 4);
    g_assert_cmpint (g_socket_send (peer, "pong", 4, NULL, NULL), ==, 4);
    g_assert_true (mg_line_read (line, buf, 4, 10 * G_USEC_PER_SEC, NULL));
    g_assert_cmpmem (buf, 4, "pong", 4);
    g_socket_close (peer, NULL);
    g_assert_false (mg_line_read (line, buf, 1, 10 * G_USEC_PER_SEC, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_IO);
    g_assert_nonnull (strstr (error->message, "closed by the other side"));
    mgh_line_end (line, "io", NULL);
}

static void tcp_talks_over_ipv4 (void)
{
    tcp_talks (G_SOCKET_FAMILY_IPV4, NULL);
}

static void tcp_talks_over_ipv6 (void)
{
    tcp_talks (G_SOCKET_FAMILY_IPV6, NULL);
}

static void tcp_looks_names_up (void)
{
    tcp_talks (G_SOCKET_FAMILY_IPV4, "localhost");
}

static void tcp_refused_is_io (void)
{
    g_autofree char *host_port = NULL;
    g_autoptr (GSocket) server = listener (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, &host_port);
    g_autoptr (GError) error = NULL;
    g_autoptr (MgLine) line = LINE (NULL, "kind", "tcp", "host", host_port);

    g_clear_object (&server);
    g_assert_false (mgh_line_open (line, LIMIT, NULL, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_IO);
    g_assert_nonnull (strstr (error->message, host_port));
}

static void tcp_connection_obeys_time_and_cancellation (void)
{
    g_autoptr (GCancellable) cancellable = g_cancellable_new ();
    g_autoptr (GError) error = NULL;
    g_autoptr (MgLine) line = LINE (NULL, "kind", "tcp", "host", "192.0.2.1:9"); /* RFC 5737: nobody is there */

    g_assert_false (mgh_line_open (line, LATER (30), NULL, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_IO);
    g_clear_error (&error);
    g_cancellable_cancel (cancellable);
    g_assert_false (mgh_line_open (line, LIMIT, cancellable, &error));
    g_assert_nonnull (error);
}

static void udp_talks_to_its_peer (void)
{
    g_autofree char *host_port = NULL;
    g_autoptr (GSocket) server = listener (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, &host_port);
    g_autoptr (GSocketAddress) from = NULL;
    g_autoptr (GByteArray) datagram = g_byte_array_new ();
    g_autoptr (MgLine) line = LINE (NULL, "kind", "udp", "host", host_port);
    g_autofree char *peer = NULL;
    char buf[16];

    g_assert_true (mgh_line_open (line, LIMIT, NULL, NULL));
    mgh_line_begin (line, NULL, "c", "read", "-");
    g_assert_true (mg_line_send (line, NULL, (const guint8 *) "ask", 3, NULL));
    g_assert_cmpint (g_socket_receive_from (server, &from, buf, sizeof buf, NULL, NULL), ==, 3);
    g_assert_cmpint (g_socket_send_to (server, from, "answer", 6, NULL, NULL), ==, 6);
    g_assert_true (mg_line_receive (line, datagram, &peer, 10 * G_USEC_PER_SEC, NULL));
    g_assert_cmpmem (datagram->data, datagram->len, "answer", 6);
    g_assert_cmpstr (peer, ==, host_port);
    mgh_line_end (line, "ok", NULL);
}

static void udp_hears_many_peers (void)
{
    g_autofree char *probe = NULL, *peer = NULL, *host_port = NULL;
    g_autoptr (GSocket) other = listener (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, &probe), reserve = NULL;
    g_autoptr (GByteArray) datagram = g_byte_array_new ();
    g_autoptr (GError) error = NULL;
    char buf[16];

    reserve = listener (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, &host_port);
    g_clear_object (&reserve); /* its port is free now */
    g_autoptr (MgLine) line = LINE (NULL, "kind", "udp", "bind", host_port);
    g_assert_true (mgh_line_open (line, LIMIT, NULL, NULL));
    g_autoptr (GSocketAddress) ours = g_inet_socket_address_new_from_string (
        "127.0.0.1", (guint) g_ascii_strtoull (strrchr (host_port, ':') + 1, NULL, 10));
    g_assert_cmpint (g_socket_send_to (other, ours, "heard", 5, NULL, NULL), ==, 5);
    mgh_line_begin (line, NULL, "c", "listen", "-");
    g_assert_true (mg_line_receive (line, datagram, &peer, MG_FOREVER, NULL));
    g_assert_cmpstr (peer, ==, probe);
    g_assert_true (mg_line_send (line, peer, (const guint8 *) "reply", 5, NULL));
    g_assert_cmpint (g_socket_receive (other, buf, sizeof buf, NULL, NULL), ==, 5);
    g_assert_false (mg_line_send (line, NULL, (const guint8 *) "whom", 4, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_CONFIG);
    mgh_line_end (line, "ok", NULL);
}

/* ------------------------------------------------------------------------------------------------- lent descriptors */

static void descriptor_carries_bytes_both_ways (void)
{
    char device[64];
    int master = pty_pair (device), fd;
    g_autoptr (MgLine) line = LINE (NULL, "kind", "serial", "device", device);
    g_autoptr (GError) error = NULL;
    guint8 buf[8];

    g_assert_true (mgh_line_open (line, LIMIT, NULL, NULL));
    mgh_line_begin (line, NULL, "modbus", "fd", "-");
    fd = mg_line_borrow_fd (line, &error);
    g_assert_no_error (error);
    g_assert_cmpint (fd, <, 1024);
    g_assert_cmpint (write (fd, "ask", 3), ==, 3);
    read_all (master, buf, 3);
    g_assert_cmpmem (buf, 3, "ask", 3);
    g_assert_false (mg_line_write (line, buf, 3, &error)); /* lent is lent */
    g_assert_error (error, MG_ERROR, MG_ERROR_INTERNAL);
    g_assert_cmpint (write (master, "answer", 6), ==, 6);
    read_all (fd, buf, 6);
    g_assert_cmpmem (buf, 6, "answer", 6);
    mg_line_return_fd (line, fd);
    g_assert_true (mg_line_write (line, buf, 3, NULL));
    mgh_line_end (line, "ok", NULL);
    close (master);
}

static void descriptor_ends_at_the_deadline (void)
{
    char device[64];
    int master = pty_pair (device), fd;
    g_autoptr (MgLine) line = LINE (NULL, "kind", "serial", "device", device);
    MghCallInfo info = { .struct_size = sizeof info, .line = line, .deadline_us = LATER (50) };
    g_autoptr (MgCall) call = mgh_call_new (&info);
    guint8 byte;

    g_assert_true (mgh_line_open (line, LIMIT, NULL, NULL));
    mgh_line_begin (line, call, "modbus", "fd", "-");
    fd = mg_line_borrow_fd (line, NULL);
    g_assert_cmpint (read (fd, &byte, 1), ==, 0);
    g_assert_cmpint (g_get_monotonic_time (), >=, info.deadline_us);
    mg_line_return_fd (line, fd);
    mgh_line_end (line, "timeout", NULL);
    close (master);
}

static void descriptor_that_select_cannot_hold_is_refused (void)
{
    char device[64];
    int master = pty_pair (device), held[1100];
    guint n = 0;
    g_autoptr (MgLine) line = LINE (NULL, "kind", "serial", "device", device);
    g_autoptr (GError) error = NULL;

    g_assert_true (mgh_line_open (line, LIMIT, NULL, NULL));
    mgh_line_begin (line, NULL, "modbus", "fd", "-");
    while (n < G_N_ELEMENTS (held) && (held[n] = dup (master)) >= 0 && held[n++] < 1023)
        ;
    if (n == 0 || held[n - 1] < 1023)
        g_test_skip ("this machine allows too few open files");
    else
        g_assert_cmpint (mg_line_borrow_fd (line, &error), ==, -1);
    while (n > 0)
        close (held[--n]);
    g_assert_true (error == NULL || g_error_matches (error, MG_ERROR, MG_ERROR_INTERNAL));
    mgh_line_end (line, "internal", NULL);
    close (master);
}

/* --------------------------------------------------------------------------------------------------------- settings */

static void settings_that_do_not_go_together_are_refused (void)
{
    static const char *const rows[][8] = { { "kind", "serial", NULL },
                                           { "kind", "tcp", NULL },
                                           { "kind", "udp", NULL },
                                           { "kind", "recording", NULL },
                                           { "kind", "serial", "device", "/dev/ttyS0", "baud", "200", NULL },
                                           { "kind", "serial", "device", "/dev/ttyS0", "mode", "9E1", NULL } };

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
        g_autoptr (GError) error = NULL;

        g_assert_null (line_of (rows[i], &error));
        g_assert_error (error, MG_ERROR, MG_ERROR_CONFIG);
    }
    g_autoptr (GError) error = NULL;
    g_assert_null (LINE (&error, "kind", "serial", "device", "/dev/ttyS0", "rs485", "rts", "flow", "rtscts"));
    g_assert_error (error, MG_ERROR, MG_ERROR_CONFIG);
}

static void recordings_and_raw_logs_are_lines_too (void)
{
    static const char text[] =
        "metergate-recording 1\n% line=else kind=serial\n[ 0 c read 1\n> 1 01\n< 500 02\n] 600 ok\n";
    g_autofree char *dir = g_dir_make_tmp ("ports-XXXXXX", NULL);
    g_autofree char *path = g_build_filename (dir, "in.mgrec", NULL), *log = g_build_filename (dir, "out.mgrec", NULL);
    g_autofree char *written = NULL;
    g_autoptr (GError) error = NULL;
    MgLine *line;
    guint8 byte;

    g_assert_true (g_file_set_contents (path, text, -1, NULL));
    line = LINE (&error, "kind", "recording", "recording", path, "replay", "strict", "speed", "fast", "raw-log", log);
    g_assert_no_error (error);
    g_assert_cmpstr (mgh_line_get_name (line), ==, "l1");
    g_assert_true (mgh_line_open (line, G_MAXINT64, NULL, NULL));
    mgh_line_begin (line, NULL, "c", "read", "1");
    g_assert_true (mg_line_write (line, (const guint8 *) "\x01", 1, NULL));
    g_assert_true (mg_line_read (line, &byte, 1, 1000, NULL));
    mgh_line_end (line, "ok", NULL);
    g_assert_true (mgh_line_replay_finish (line, NULL, NULL, NULL, NULL));
    mgh_line_unref (line);
    g_assert_true (g_file_get_contents (log, &written, NULL, NULL));
    g_assert_nonnull (strstr (written, "line=l1"));
    g_assert_nonnull (strstr (written, " 02\n]"));
    g_assert_cmpint (unlink (path) + unlink (log) + rmdir (dir), ==, 0);
}

int main (int argc, char **argv)
{
    waiter = gettid ();
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/ports/serial_moves_all_bytes_untouched", serial_moves_all_bytes_untouched);
    g_test_add_func ("/ports/serial_is_locked", serial_is_locked);
    g_test_add_func ("/ports/serial_that_disappears_is_io", serial_that_disappears_is_io);
    g_test_add_func ("/ports/what_is_no_serial_port_is_refused", what_is_no_serial_port_is_refused);
    g_test_add_func ("/ports/waits_end_when_cancelled", waits_end_when_cancelled);
    g_test_add_func ("/ports/listen_is_woken_to_yield", listen_is_woken_to_yield);
    g_test_add_func ("/ports/tcp_talks_over_ipv4", tcp_talks_over_ipv4);
    g_test_add_func ("/ports/tcp_talks_over_ipv6", tcp_talks_over_ipv6);
    g_test_add_func ("/ports/tcp_looks_names_up", tcp_looks_names_up);
    g_test_add_func ("/ports/tcp_refused_is_io", tcp_refused_is_io);
    g_test_add_func ("/ports/tcp_connection_obeys_time_and_cancellation", tcp_connection_obeys_time_and_cancellation);
    g_test_add_func ("/ports/udp_talks_to_its_peer", udp_talks_to_its_peer);
    g_test_add_func ("/ports/udp_hears_many_peers", udp_hears_many_peers);
    g_test_add_func ("/ports/descriptor_carries_bytes_both_ways", descriptor_carries_bytes_both_ways);
    g_test_add_func ("/ports/descriptor_ends_at_the_deadline", descriptor_ends_at_the_deadline);
    g_test_add_func ("/ports/descriptor_that_select_cannot_hold_is_refused",
                     descriptor_that_select_cannot_hold_is_refused);
    g_test_add_func ("/ports/settings_that_do_not_go_together_are_refused",
                     settings_that_do_not_go_together_are_refused);
    g_test_add_func ("/ports/recordings_and_raw_logs_are_lines_too", recordings_and_raw_logs_are_lines_too);
    return g_test_run ();
}

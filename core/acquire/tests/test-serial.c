/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-serial.c: what a serial port asks of the kernel, as the ioctl calls that serial-shim.c logs. */
#include "port.h"

#include <dlfcn.h>
#include <pty.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    int master, slave;
    char device[64];
    char *log; /* NULL: no shim */
} Fixture;

static void set_up (Fixture *f, gconstpointer unused)
{
    g_assert_cmpint (openpty (&f->master, &f->slave, f->device, NULL, NULL), ==, 0);
    f->log = dlsym (RTLD_DEFAULT, "serial_shim_log");
    if (f->log != NULL)
        *f->log = 0;
}

static void tear_down (Fixture *f, gconstpointer unused)
{
    close (f->master);
    close (f->slave);
}

static gboolean skipped (Fixture *f)
{
    if (f->log == NULL)
        g_test_skip ("the shim is not loaded: a sanitizer must be the first library of a process");
    return f->log == NULL;
}

static gpointer open_port (Fixture *f, PortSerialInfo info)
{
    g_autoptr (GError) error = NULL;
    gpointer port;

    info.device = f->device;
    port = port_serial_new (&info);
    port_serial_ops.open (port, G_MAXINT64, NULL, &error);
    g_assert_no_error (error);
    return port;
}

static void speeds_and_frames_reach_the_kernel (Fixture *f, gconstpointer unused)
{
    static const struct {
        guint32 baud;
        const char *mode;
        PortFlow flow;
        const char *log;
    } rows[] = { { 300, "7E1", PORT_FLOW_NONE, "set 300 7E1\nexclusive\n" },
                 { 2400, "8E1", PORT_FLOW_NONE, "set 2400 8E1\nexclusive\n" },
                 { 9600, "8N2", PORT_FLOW_RTSCTS, "set 9600 8N2 rtscts\nexclusive\n" },
                 { 38400, "7O2", PORT_FLOW_XONXOFF, "set 38400 7O2 xonxoff\nexclusive\n" },
                 { 460800, "8N1", PORT_FLOW_NONE, "set 460800 8N1\nexclusive\n" },
                 { 31250, "8N1", PORT_FLOW_NONE, "set 31250 8N1\nexclusive\n" } };

    for (guint i = 0; !skipped (f) && i < G_N_ELEMENTS (rows); i++) {
        gpointer port =
            open_port (f, (PortSerialInfo){ .baud = rows[i].baud, .mode = rows[i].mode, .flow = rows[i].flow });

        g_assert_cmpstr (f->log, ==, rows[i].log);
        *f->log = 0;
        g_assert_true (port_serial_ops.set_serial (port, 9600, "8E2", NULL));
        g_assert_true (g_str_has_prefix (f->log, "set 9600 8E2"));
        *f->log = 0;
        port_serial_ops.free (port);
    }
}

static void kernel_switches_rs485 (Fixture *f, gconstpointer unused)
{
    PortSerialInfo info = {
        .baud = 9600, .mode = "8N1", .rs485 = PORT_RS485_KERNEL, .rs485_before_us = 1500, .rs485_after_us = 3000
    };
    g_autoptr (GError) error = NULL;
    gpointer port;

    if (skipped (f))
        return;
    port_serial_ops.free (open_port (f, info));
    g_assert_cmpstr (f->log, ==, "set 9600 8N1\nrs485 flags 3 before 2 after 3\nexclusive\n");
    *f->log = 0;
    info.rs485_low = TRUE;
    port_serial_ops.free (open_port (f, info));
    g_assert_cmpstr (f->log, ==, "set 9600 8N1\nrs485 flags 5 before 2 after 3\nexclusive\n");
    g_setenv ("SHIM_NO_RS485", "1", TRUE);
    info.device = f->device;
    port = port_serial_new (&info);
    g_assert_false (port_serial_ops.open (port, G_MAXINT64, NULL, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_CONFIG);
    g_unsetenv ("SHIM_NO_RS485");
    port_serial_ops.free (port);
}

static void rts_switches_rs485 (Fixture *f, gconstpointer unused)
{
    PortSerialInfo info = {
        .baud = 9600, .mode = "8N1", .rs485 = PORT_RS485_RTS, .rs485_before_us = 500, .rs485_after_us = 500
    };
    g_autoptr (GCancellable) cancelled = g_cancellable_new ();
    gpointer port;
    guint8 buf[4];

    if (skipped (f))
        return;
    port = open_port (f, info);
    g_assert_cmpstr (f->log, ==, "set 9600 8N1\noff rts\nexclusive\n");
    *f->log = 0;
    g_assert_true (port_serial_ops.write (port, (const guint8 *) "ab", 2, G_MAXINT64, NULL, NULL));
    g_assert_cmpstr (f->log, ==, "on rts\ndrain\noff rts\n");
    g_assert_cmpint (read (f->master, buf, sizeof buf), ==, 2);
    *f->log = 0; /* and the bus is free again after a write that failed */
    g_cancellable_cancel (cancelled);
    g_assert_false (port_serial_ops.write (port, (const guint8 *) "ab", 2, G_MAXINT64, cancelled, NULL));
    g_assert_cmpstr (f->log, ==, "on rts\noff rts\n");
    port_serial_ops.free (port);
}

static void signals_and_break_reach_the_kernel (Fixture *f, gconstpointer unused)
{
    gpointer port;
    guint32 now;

    if (skipped (f))
        return;
    port = open_port (f, (PortSerialInfo){ .baud = 300, .mode = "7E1" });
    *f->log = 0;
    g_assert_true (port_serial_ops.set_signals (port, MG_SIGNAL_DTR, MG_SIGNAL_RTS, &now, NULL));
    g_assert_cmpuint (now & MG_SIGNAL_CTS, ==, MG_SIGNAL_CTS);
    g_assert_cmpuint (now & (MG_SIGNAL_DTR | MG_SIGNAL_RTS), ==, MG_SIGNAL_DTR);
    g_assert_true (port_serial_ops.send_break (port, 1000, NULL));
    g_assert_cmpstr (f->log, ==, "on dtr\noff rts\nbreak\nbreak over\n");
    port_serial_ops.free (port);
}

#define CASE(function) g_test_add ("/serial/" #function, Fixture, NULL, set_up, function, tear_down)

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    CASE (speeds_and_frames_reach_the_kernel);
    CASE (kernel_switches_rs485);
    CASE (rts_switches_rs485);
    CASE (signals_and_break_reach_the_kernel);
    return g_test_run ();
}

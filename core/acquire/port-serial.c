/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* port-serial.c: serial ports: any speed, 7 or 8 bits, flow control, RS-485 direction by the kernel or by RTS. */
#include "port.h"
#include "port-socket.h"

#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DRAIN_STEP_US 2000
/* a UART divides its clock: what a meter tolerates */
#define BAUD_OFF_PERCENT 3

typedef struct {
    PortSerialInfo info;
    char *device;
    char mode[4];
    int fd;
} PortSerial;

gpointer port_serial_new (const PortSerialInfo *info)
{
    PortSerial *port = g_new0 (PortSerial, 1);

    port->info = *info;
    port->info.device = port->device = g_strdup (info->device);
    g_strlcpy (port->mode, info->mode, sizeof port->mode);
    port->info.mode = port->mode;
    port->fd = -1;
    return port;
}

/* Always FALSE. A device that went away says EIO, ENXIO or ENODEV, or ends the file. */
static gboolean serial_fail (PortSerial *port, MgError code, const char *what, int number, GError **error)
{
    gboolean gone = number == EIO || number == ENXIO || number == ENODEV || number == 0;

    g_set_error (error, MG_ERROR, (gint) code, "%s: %s%s%s", port->device, what, *what == 0 ? "" : ": ",
                 gone ? "the device has disappeared" : g_strerror (number));
    return FALSE;
}

static gboolean serial_closed (PortSerial *port, GError **error)
{
    if (port->fd >= 0)
        return FALSE;
    g_set_error (error, MG_ERROR, MG_ERROR_IO, "%s: not open", port->device);
    return TRUE;
}

static void serial_close (gpointer data)
{
    PortSerial *port = data;

    if (port->fd < 0)
        return;
    /* What flow control holds back would keep close () waiting for half a minute. */
    ioctl (port->fd, TCFLSH, TCIOFLUSH);
    ioctl (port->fd, TIOCNXCL);
    close (port->fd);
    port->fd = -1;
}

static void serial_free (gpointer data)
{
    PortSerial *port = data;

    serial_close (port);
    g_free (port->device);
    g_free (port);
}

static void serial_frame (struct termios2 *t, guint32 baud, const char *mode, PortFlow flow)
{
    t->c_iflag = IGNBRK | (mode[1] != 'N' ? INPCK : 0) | (flow == PORT_FLOW_XONXOFF ? IXON | IXOFF : 0);
    t->c_oflag = 0;
    t->c_lflag = 0;
    t->c_cflag = CREAD | CLOCAL | BOTHER | (BOTHER << IBSHIFT) | (mode[0] == '7' ? CS7 : CS8);
    t->c_cflag |= mode[1] == 'E' ? PARENB : mode[1] == 'O' ? PARENB | PARODD : 0;
    t->c_cflag |= (mode[2] == '2' ? CSTOPB : 0) | (flow == PORT_FLOW_RTSCTS ? CRTSCTS : 0);
    t->c_ispeed = t->c_ospeed = baud;
    t->c_cc[VMIN] = 1;
    t->c_cc[VTIME] = 0;
}

static gboolean serial_apply (PortSerial *port, guint32 baud, const char *mode, GError **error)
{
    struct termios2 t;

    if (ioctl (port->fd, TCGETS2, &t) != 0)
        return serial_fail (port, errno == ENOTTY ? MG_ERROR_CONFIG : MG_ERROR_IO, "not a serial port", errno, error);
    serial_frame (&t, baud, mode, port->info.flow);
    if (ioctl (port->fd, TCSETSW2, &t) != 0 || ioctl (port->fd, TCGETS2, &t) != 0) {
        g_autofree char *what = g_strdup_printf ("%u baud %s", baud, mode);

        return serial_fail (port, errno == EINVAL ? MG_ERROR_UNSUPPORTED : MG_ERROR_IO, what, errno, error);
    }
    if (t.c_ospeed * 100ull < baud * (100ull - BAUD_OFF_PERCENT) ||
        t.c_ospeed * 100ull > baud * (100ull + BAUD_OFF_PERCENT)) {
        g_set_error (error, MG_ERROR, MG_ERROR_UNSUPPORTED, "%s: %u baud: the adapter offers %u", port->device, baud,
                     t.c_ospeed);
        return FALSE;
    }
    return TRUE;
}

static gboolean serial_set_rts (PortSerial *port, gboolean sending, GError **error)
{
    int rts = TIOCM_RTS;

    if (ioctl (port->fd, sending != port->info.rs485_low ? TIOCMBIS : TIOCMBIC, &rts) != 0)
        return serial_fail (port, errno == ENOTTY || errno == EINVAL ? MG_ERROR_CONFIG : MG_ERROR_IO,
                            "rs485=rts: set RTS", errno, error);
    return TRUE;
}

static gboolean serial_set_rs485 (PortSerial *port, GError **error)
{
    struct serial_rs485 how = { .flags = SER_RS485_ENABLED |
                                         (port->info.rs485_low ? SER_RS485_RTS_AFTER_SEND : SER_RS485_RTS_ON_SEND) };

    if (port->info.rs485 == PORT_RS485_RTS)
        return serial_set_rts (port, FALSE, error);
    if (port->info.rs485 == PORT_RS485_NONE)
        return TRUE;
    how.delay_rts_before_send = (guint32) ((port->info.rs485_before_us + 999) / 1000);
    how.delay_rts_after_send = (guint32) ((port->info.rs485_after_us + 999) / 1000);
    if (ioctl (port->fd, TIOCSRS485, &how) == 0)
        return TRUE;
    return serial_fail (port, errno == ENOTTY || errno == EINVAL ? MG_ERROR_CONFIG : MG_ERROR_IO,
                        "rs485=kernel: its driver cannot switch the direction, rs485=rts may", errno, error);
}

static gboolean serial_open (gpointer data, gint64 until_us, GCancellable *cancellable, GError **error)
{
    PortSerial *port = data;

    serial_close (port);
    port->fd = open (port->device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (port->fd < 0)
        return serial_fail (port, MG_ERROR_IO, "open", errno, error);
    if (flock (port->fd, LOCK_EX | LOCK_NB) != 0) {
        int code = errno;

        if (code != EWOULDBLOCK)
            serial_fail (port, MG_ERROR_IO, "lock", code, error);
        else
            g_set_error (error, MG_ERROR, MG_ERROR_IO, "%s: another program has locked it", port->device);
    } else if (serial_apply (port, port->info.baud, port->info.mode, error) && serial_set_rs485 (port, error)) {
        ioctl (port->fd, TIOCEXCL);
        ioctl (port->fd, TCFLSH, TCIOFLUSH);
        return TRUE;
    }
    serial_close (port);
    return FALSE;
}

static gssize serial_read (gpointer data, guint8 *buf, gsize max, gint64 until_us, GCancellable *cancellable,
                           GError **error)
{
    PortSerial *port = data;

    if (serial_closed (port, error))
        return -1;
    for (;;) {
        gint ready = port_wait (port->fd, POLLIN, until_us, cancellable, error);

        if (ready <= 0)
            return ready;
        ssize_t n = read (port->fd, buf, max);
        if (n > 0)
            return n;
        if (n == 0 || (errno != EAGAIN && errno != EINTR))
            return serial_fail (port, MG_ERROR_IO, "read", n == 0 ? 0 : errno, error) - 1;
    }
}

static gboolean serial_late (PortSerial *port, const char *what, GError **error)
{
    g_set_error (error, MG_ERROR, MG_ERROR_TIMEOUT, "%s: %s before the deadline; does flow control hold them back?",
                 port->device, what);
    return FALSE;
}

/* Until the queue is empty, so that a held-back line can be left; the rest, a FIFO's length, is the kernel's to wait
 * for. */
static gboolean serial_drain (PortSerial *port, gint64 until_us, GCancellable *cancellable, GError **error)
{
    int queued = 0;

    while (ioctl (port->fd, TIOCOUTQ, &queued) == 0 && queued > 0) {
        gint64 now_us = g_get_monotonic_time ();

        if (now_us >= until_us)
            return serial_late (port, "not all bytes went out", error);
        if (!mgh_clock_wait (mgh_clock_real (), MIN (now_us + DRAIN_STEP_US, until_us), cancellable, error))
            return FALSE;
    }
    if (ioctl (port->fd, TCSBRK, 1) != 0 && errno != EINTR)
        return serial_fail (port, MG_ERROR_IO, "drain", errno, error);
    return TRUE;
}

static gboolean serial_put (PortSerial *port, const guint8 *bytes, gsize len, gint64 until_us,
                            GCancellable *cancellable, GError **error)
{
    for (gsize done = 0; done < len;) {
        gint ready = port_wait (port->fd, POLLOUT, until_us, cancellable, error);

        if (ready < 0)
            return FALSE;
        if (ready == 0)
            return serial_late (port, "not all bytes were taken", error);
        ssize_t n = write (port->fd, bytes + done, len - done);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return serial_fail (port, MG_ERROR_IO, "write", errno, error);
        done += n < 0 ? 0 : (gsize) n;
    }
    return serial_drain (port, until_us, cancellable, error);
}

static gboolean serial_write (gpointer data, const guint8 *bytes, gsize len, gint64 until_us, GCancellable *cancellable,
                              GError **error)
{
    PortSerial *port = data;
    MghClock *clock = mgh_clock_real ();
    gboolean ok;

    if (serial_closed (port, error))
        return FALSE;
    if (port->info.rs485 != PORT_RS485_RTS)
        return serial_put (port, bytes, len, until_us, cancellable, error);
    if (!serial_set_rts (port, TRUE, error))
        return FALSE;
    ok = mgh_clock_wait (clock, g_get_monotonic_time () + port->info.rs485_before_us, cancellable, error) &&
         serial_put (port, bytes, len, until_us, cancellable, error) &&
         mgh_clock_wait (clock, g_get_monotonic_time () + port->info.rs485_after_us, NULL, error);
    if (!ok)
        ioctl (port->fd, TCFLSH, TCOFLUSH); /* the bus is free again, whatever was left */
    return serial_set_rts (port, FALSE, ok ? error : NULL) && ok;
}

static gboolean serial_set_serial (gpointer data, guint32 baud, const char *mode, GError **error)
{
    PortSerial *port = data;

    return !serial_closed (port, error) && serial_apply (port, baud, mode, error);
}

static gboolean serial_set_signals (gpointer data, guint32 on, guint32 off, guint32 *now, GError **error)
{
    static const struct {
        guint32 ours;
        int theirs;
    } signals[] = { { MG_SIGNAL_DTR, TIOCM_DTR },
                    { MG_SIGNAL_RTS, TIOCM_RTS },
                    { MG_SIGNAL_CTS, TIOCM_CTS },
                    { MG_SIGNAL_DSR, TIOCM_DSR },
                    { MG_SIGNAL_DCD, TIOCM_CAR } };
    PortSerial *port = data;
    int set = 0, clear = 0, state = 0;

    if (serial_closed (port, error))
        return FALSE;
    *now = 0;
    for (guint i = 0; i < G_N_ELEMENTS (signals); i++) {
        set |= on & signals[i].ours ? signals[i].theirs : 0;
        clear |= off & signals[i].ours ? signals[i].theirs : 0;
    }
    if ((set != 0 && ioctl (port->fd, TIOCMBIS, &set) != 0) ||
        (clear != 0 && ioctl (port->fd, TIOCMBIC, &clear) != 0) || ioctl (port->fd, TIOCMGET, &state) != 0)
        return serial_fail (port, errno == ENOTTY || errno == EINVAL ? MG_ERROR_UNSUPPORTED : MG_ERROR_IO,
                            "modem lines", errno, error);
    for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
        *now |= state & signals[i].theirs ? signals[i].ours : 0;
    return TRUE;
}

static gboolean serial_break (gpointer data, gint64 us, GError **error)
{
    PortSerial *port = data;
    gboolean ok;

    if (serial_closed (port, error))
        return FALSE;
    if (ioctl (port->fd, TIOCSBRK) != 0)
        return serial_fail (port, errno == ENOTTY || errno == EINVAL ? MG_ERROR_UNSUPPORTED : MG_ERROR_IO, "break",
                            errno, error);
    ok = mgh_clock_wait (mgh_clock_real (), g_get_monotonic_time () + us, NULL, error);
    if (ioctl (port->fd, TIOCCBRK) != 0)
        return serial_fail (port, MG_ERROR_IO, "end of break", errno, ok ? error : NULL);
    return ok;
}

static int serial_wake_fd (gpointer data)
{
    return ((PortSerial *) data)->fd;
}

const MghPortOps port_serial_ops = { .struct_size = sizeof (MghPortOps),
                                     .open = serial_open,
                                     .close = serial_close,
                                     .read = serial_read,
                                     .write = serial_write,
                                     .set_serial = serial_set_serial,
                                     .set_signals = serial_set_signals,
                                     .send_break = serial_break,
                                     .wake_fd = serial_wake_fd,
                                     .free = serial_free };

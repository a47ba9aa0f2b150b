/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* serial-shim.c: a library loaded in front that logs ioctl calls of serial ports and answers those that a pty refuses.
 */
#include <asm/termbits.h>
#include <dlfcn.h>
#include <errno.h>
#include <linux/serial.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* One line a call, in the order of the calls; the test empties it. */
__attribute__ ((visibility ("default"))) char serial_shim_log[16384];

static void shim_log (const char *fmt, ...)
{
    size_t len = strlen (serial_shim_log);
    va_list args;

    va_start (args, fmt);
    vsnprintf (serial_shim_log + len, sizeof serial_shim_log - len, fmt, args);
    va_end (args);
}

static const char *shim_size (unsigned cflag)
{
    return (cflag & CSIZE) == CS7 ? "7" : "8";
}

static void shim_log_settings (const struct termios2 *t)
{
    shim_log ("set %u %s%c%c%s%s\n", t->c_ospeed, shim_size (t->c_cflag),
              !(t->c_cflag & PARENB) ? 'N'
              : t->c_cflag & PARODD  ? 'O'
                                     : 'E',
              t->c_cflag & CSTOPB ? '2' : '1', t->c_cflag & CRTSCTS ? " rtscts" : "",
              t->c_iflag & IXON ? " xonxoff" : "");
}

__attribute__ ((visibility ("default"))) int ioctl (int fd, unsigned long request, ...)
{
    static struct termios2 kept;
    static int (*real) (int, unsigned long, ...), modem = TIOCM_CTS;
    va_list args;
    void *data;
    int result;

    va_start (args, request);
    data = va_arg (args, void *);
    va_end (args);
    if (real == NULL)
        *(void **) &real = dlsym (RTLD_NEXT, "ioctl");
    switch (request) {
    case TCSETSW2: /* a pty keeps no parity and no 7 bits */
        kept = *(struct termios2 *) data;
        shim_log_settings (data);
        return real (fd, request, data);
    case TCGETS2:
        result = real (fd, request, data);
        if (result == 0 && kept.c_ospeed != 0)
            ((struct termios2 *) data)->c_cflag = kept.c_cflag;
        return result;
    case TIOCSRS485: {
        const struct serial_rs485 *how = data;

        shim_log ("rs485 flags %x before %u after %u\n", how->flags, how->delay_rts_before_send,
                  how->delay_rts_after_send);
        if (getenv ("SHIM_NO_RS485") == NULL)
            return 0;
        errno = ENOTTY;
        return -1;
    }
    case TIOCMBIS:
        modem |= *(int *) data;
        shim_log ("on%s%s\n", *(int *) data & TIOCM_DTR ? " dtr" : "", *(int *) data & TIOCM_RTS ? " rts" : "");
        return 0;
    case TIOCMBIC:
        modem &= ~*(int *) data;
        shim_log ("off%s%s\n", *(int *) data & TIOCM_DTR ? " dtr" : "", *(int *) data & TIOCM_RTS ? " rts" : "");
        return 0;
    case TIOCMGET:
        *(int *) data = modem;
        return 0;
    case TIOCSBRK:
        shim_log ("break\n");
        return 0;
    case TIOCCBRK:
        shim_log ("break over\n");
        return 0;
    case TCSBRK:
        shim_log ("drain\n");
        return real (fd, request, data);
    case TIOCEXCL:
        shim_log ("exclusive\n");
        return real (fd, request, data);
    default:
        return real (fd, request, data);
    }
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sources.h: what the kernel tells of itself, from texts to numbers; pure, no files opened here. */
#pragma once

#include <metergate.h>

G_BEGIN_DECLS

/* Ticks since boot out of /proc/stat: of all processors together. */
typedef struct {
    guint64 busy, total;
} SystemTicks;

/* The line "cpu ..." of /proc/stat: waiting for disks counts as idle. */
gboolean system_parse_ticks (const char *stat, SystemTicks *ticks);
/* Share of busy ticks between two looks, percent with one decimal; FALSE when no time has passed. */
gboolean system_load (SystemTicks before, SystemTicks after, MgValue *percent);
/* A line "NAME:  N kB" of /proc/meminfo or /proc/self/status, in bytes. */
gboolean system_parse_kib (const char *text, const char *name, MgValue *bytes);
/* The first number of /proc/uptime or /proc/loadavg, exact. */
gboolean system_parse_first (const char *text, MgValue *number);
/* Milli-degrees of a thermal zone, or the 0 and 1 of a sysfs input, as 10^exponent. */
gboolean system_parse_integer (const char *text, gint exponent, MgValue *number);

/* One digital input: "NAME=gpiochip0:17" or "NAME=/absolute/file" that holds 0 or 1; "!" before the place turns it
 * round. */
typedef struct {
    char *name; /* lower-case letters, digits, dashes */
    char *path; /* "/dev/gpiochip0", or the file */
    gint line;  /* -1: a file */
    gboolean inverted;
} SystemInput;

gboolean system_input_parse (const char *text, SystemInput *input, GError **error);
void system_input_clear (SystemInput *input);

G_END_DECLS

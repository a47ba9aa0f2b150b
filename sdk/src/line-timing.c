/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* line-timing.c: the time-outs called "auto": what the norm gives a meter, and what this line was seen to need on top.
 */
#include "line.h"

/* EN 13757-2: a slave answers 11 to 330 bit times + 50 ms after the request. */
#define ANSWER_BITS 330
#define ANSWER_US   (50 * 1000)
/* An adapter holds bytes back (16 ms on common USB chips) and the scheduler has its own ideas. */
#define SERIAL_ALLOWANCE_US (30 * 1000)
/* A network tells no baud rate: the slowest bus of the norm, 300 baud, and a way there and back. */
#define NETWORK_ANSWER_US    (1100 * 1000 + ANSWER_US)
#define NETWORK_ALLOWANCE_US (350 * 1000)
/* FT 1.2 lets no gap within a frame; a converter's buffers do. 33 bits end a frame on the wire. */
#define GAP_BITS         33
#define SERIAL_GAP_US    (40 * 1000)
#define NETWORK_GAP_US   (300 * 1000)
#define ALLOWANCE_MAX_US (4 * G_USEC_PER_SEC)
#define GAP_MAX_US       (2 * G_USEC_PER_SEC)

static gint64 line_standard_us (MgLine *line)
{
    return line->baud == 0 ? NETWORK_ANSWER_US : line_bits_us (line, ANSWER_BITS) + ANSWER_US;
}

static gint64 line_allowance_us (MgLine *line)
{
    return MAX (line->allowance_us, line->baud == 0 ? NETWORK_ALLOWANCE_US : SERIAL_ALLOWANCE_US);
}

gint64 line_auto_first_us (MgLine *line)
{
    return line_standard_us (line) + line_allowance_us (line);
}

gint64 line_auto_idle_us (MgLine *line)
{
    gint64 gap_us = line->baud == 0 ? NETWORK_GAP_US : line_bits_us (line, GAP_BITS) + SERIAL_GAP_US;

    return MAX (gap_us, line->gap_us);
}

/* An answer that used up more than half of what was left beside the norm's time asks for twice as much as it needed.
 * What was learned does not fade: a quick answer proves little, as it may be a late one to the request before. */
void line_learn_answer (MgLine *line, gint64 took_us)
{
    gint64 over_us = took_us - line_standard_us (line);

    if (over_us * 2 > line_allowance_us (line))
        line->allowance_us = MIN (over_us * 2, ALLOWANCE_MAX_US);
}

void line_learn_gap (MgLine *line, gint64 gap_us)
{
    if (gap_us * 2 > line_auto_idle_us (line))
        line->gap_us = MIN (gap_us * 2, GAP_MAX_US);
}

/* Something came after we gave up: nobody knows how late, so twice the time, up to a limit. */
void line_learn_late (MgLine *line)
{
    line->allowance_us = MIN (line->allowance_us + line_auto_first_us (line), ALLOWANCE_MAX_US);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sim-mbus.c: the segment: what the master sent becomes frames, what the meters answer becomes bytes, with collisions
 * as on a wire. */
#include "sim-mbus-private.h"

#include <string.h>

#define BUS_BITS_PER_BYTE 11 /* 8E1 with its start bit */
/* a pause of a network or of a busy machine within a frame is no end of it */
#define BUS_REQUEST_GAP_US 200000

/* an answer on its way; times are those of its first bit */
typedef struct {
    gint64 start_us;
    GByteArray *bytes;
} BusAnswer;

typedef struct {
    gint64 when_us;
    GByteArray *bytes;
} BusOutput;

struct _SimBus {
    SimBusOptions options;
    SimChance chance;
    GPtrArray *meters;
    GByteArray *heard; /* of the master, not yet a frame */
    gint64 heard_us;
    GPtrArray *answers; /* BusAnswer, by start */
    GQueue outputs;     /* BusOutput, in order */
    gint64 busy_until_us;
    SimAnsweredFunc answered;
    gpointer answered_data;
};

guint64 sim_chance_next (SimChance *chance)
{
    guint64 z = chance->state += G_GUINT64_CONSTANT (0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94D049BB133111EB);
    return z ^ (z >> 31);
}

guint sim_chance_below (SimChance *chance, guint limit)
{
    return limit == 0 ? 0 : (guint) (sim_chance_next (chance) >> 11) % limit;
}

gboolean sim_chance_hits (SimChance *chance, guint percent)
{
    return percent > 0 && sim_chance_below (chance, 100) < percent;
}

static void bus_answer_free (BusAnswer *answer)
{
    g_byte_array_unref (answer->bytes);
    g_free (answer);
}

static void bus_output_free (BusOutput *output)
{
    g_byte_array_unref (output->bytes);
    g_free (output);
}

void sim_bus_options_init (SimBusOptions *options)
{
    *options = (SimBusOptions){ .baud = 2400, .clean_ack_percent = 50, .seed = 1, .clock_start_s = 1767225600 };
}

SimBus *sim_bus_new (const SimBusOptions *options)
{
    SimBus *bus = g_new0 (SimBus, 1);

    bus->options = *options;
    bus->chance.state = options->seed;
    bus->meters = g_ptr_array_new_with_free_func ((GDestroyNotify) sim_meter_free);
    bus->heard = g_byte_array_new ();
    bus->answers = g_ptr_array_new_with_free_func ((GDestroyNotify) bus_answer_free);
    g_queue_init (&bus->outputs);
    return bus;
}

void sim_bus_free (SimBus *bus)
{
    g_ptr_array_unref (bus->meters);
    g_byte_array_unref (bus->heard);
    g_ptr_array_unref (bus->answers);
    g_queue_clear_full (&bus->outputs, (GDestroyNotify) bus_output_free);
    g_free (bus);
}

void sim_bus_on_answer (SimBus *bus, SimAnsweredFunc answered, gpointer data)
{
    bus->answered = answered;
    bus->answered_data = data;
}

void sim_bus_set_baud (SimBus *bus, guint32 baud)
{
    bus->options.baud = baud;
}

gint64 sim_bus_get_byte_us (const SimBus *bus)
{
    return bus->options.fast ? 0 : BUS_BITS_PER_BYTE * G_USEC_PER_SEC / bus->options.baud;
}

void sim_bus_add_recorded (SimBus *bus, const SimMeterOptions *options, GBytes *const *pages, guint n_pages)
{
    g_ptr_array_add (bus->meters, sim_meter_new (options, pages, n_pages, sim_chance_next (&bus->chance)));
}

void sim_bus_add_meter (SimBus *bus, const SimMeterOptions *options)
{
    sim_bus_add_recorded (bus, options, NULL, 0);
}

guint sim_bus_get_n_meters (const SimBus *bus)
{
    return bus->meters->len;
}

const SimMeterOptions *sim_bus_get_meter (const SimBus *bus, guint i)
{
    return sim_meter_get_options (g_ptr_array_index (bus->meters, i));
}

static gint bus_compare_answers (gconstpointer a, gconstpointer b)
{
    const BusAnswer *left = *(BusAnswer *const *) a, *right = *(BusAnswer *const *) b;

    return left->start_us < right->start_us ? -1 : left->start_us > right->start_us;
}

static gint64 bus_duration_us (const SimBus *bus, gsize n_bytes)
{
    return (gint64) n_bytes * sim_bus_get_byte_us (bus);
}

static void bus_output (SimBus *bus, gint64 when_us, const guint8 *bytes, gsize len)
{
    BusOutput *output = g_new (BusOutput, 1);

    output->when_us = when_us;
    output->bytes = g_byte_array_new_take (g_memdup2 (bytes, len), len);
    g_queue_push_tail (&bus->outputs, output);
}

/* Puts bytes on the wire from `start_us` on; never before what is on it already. */
static void bus_transmit (SimBus *bus, gint64 start_us, const guint8 *bytes, gsize len)
{
    gint64 byte_us = sim_bus_get_byte_us (bus), at_us = MAX (start_us, bus->busy_until_us);

    if (byte_us == 0) {
        bus_output (bus, at_us, bytes, len);
    } else {
        for (gsize i = 0; i < len; i++)
            bus_output (bus, at_us + (gint64) (i + 1) * byte_us, bytes + i, 1);
    }
    bus->busy_until_us = at_us + (gint64) len * byte_us;
}

/* Lays the bits of one answer over the line, which is TRUE where it carries current (a 0 bit). */
static void bus_draw (guint8 *line, gsize n_bits, gsize offset, const GByteArray *bytes)
{
    for (guint i = 0; i < bytes->len; i++) {
        guint8 byte = bytes->data[i];
        gsize at = offset + (gsize) i * BUS_BITS_PER_BYTE;
        gboolean odd = __builtin_parity (byte) != 0;

        if (at + BUS_BITS_PER_BYTE > n_bits)
            return;
        line[at] = TRUE;
        for (guint bit = 0; bit < 8; bit++)
            line[at + 1 + bit] |= (byte >> bit & 1) == 0;
        line[at + 9] |= !odd;
    }
}

/* What a UART makes of it: a start bit, eight samples; it does not look at parity. */
static GByteArray *bus_sample (const guint8 *line, gsize n_bits)
{
    GByteArray *bytes = g_byte_array_new ();

    for (gsize at = 0; at + BUS_BITS_PER_BYTE <= n_bits;) {
        guint8 byte = 0;

        if (!line[at]) {
            at++;
            continue;
        }
        for (guint bit = 0; bit < 8; bit++)
            byte = (guint8) (byte | (line[at + 1 + bit] ? 0 : 1) << bit);
        g_byte_array_append (bytes, &byte, 1);
        at += BUS_BITS_PER_BYTE - 1; /* an early start bit is taken in the middle of the stop bit */
    }
    return bytes;
}

static gboolean bus_all_acknowledge (GPtrArray *answers, guint first, guint n)
{
    for (guint i = first; i < first + n; i++) {
        const BusAnswer *answer = g_ptr_array_index (answers, i);

        if (answer->bytes->len != 1 || answer->bytes->data[0] != 0xE5)
            return FALSE;
    }
    return TRUE;
}

/* n answers that overlap: currents add up, a 0 wins over a 1 */
static void bus_collide (SimBus *bus, guint n)
{
    gint64 bit_us = G_USEC_PER_SEC / MAX (bus->options.baud, 1), start_us;
    g_autofree guint8 *line = NULL;
    g_autoptr (GByteArray) seen = NULL;
    gsize n_bits = 0;

    start_us = ((BusAnswer *) g_ptr_array_index (bus->answers, 0))->start_us;
    if (bus_all_acknowledge (bus->answers, 0, n) && sim_chance_hits (&bus->chance, bus->options.clean_ack_percent)) {
        bus_transmit (bus, start_us, (const guint8 *) "\xE5", 1);
        return;
    }
    for (guint i = 0; i < n; i++) {
        const BusAnswer *answer = g_ptr_array_index (bus->answers, i);
        gsize end = (gsize) ((answer->start_us - start_us) / bit_us) + (answer->bytes->len + 2) * BUS_BITS_PER_BYTE;

        n_bits = MAX (n_bits, end);
    }
    line = g_malloc0 (n_bits);
    for (guint i = 0; i < n; i++) {
        const BusAnswer *answer = g_ptr_array_index (bus->answers, i);
        gsize offset = (gsize) ((answer->start_us - start_us) / bit_us);

        /* no two slaves start in the same microsecond: 1..9 bits apart, so the overlap is never clean */
        if (i > 0)
            offset += 1 + sim_chance_below (&bus->chance, 9);
        bus_draw (line, n_bits, offset, answer->bytes);
    }
    seen = bus_sample (line, n_bits);
    bus_transmit (bus, start_us, seen->data, seen->len);
}

/* Takes the earliest answer and all that overlap with it from the wire's list and makes bytes of them. */
static void bus_resolve (SimBus *bus)
{
    BusAnswer *first = g_ptr_array_index (bus->answers, 0);
    gint64 end_us = first->start_us + bus_duration_us (bus, first->bytes->len);
    guint n = 1;

    while (n < bus->answers->len) {
        const BusAnswer *next = g_ptr_array_index (bus->answers, n);

        if (next->start_us > end_us || (next->start_us == end_us && end_us > first->start_us))
            break;
        end_us = MAX (end_us, next->start_us + bus_duration_us (bus, next->bytes->len));
        n++;
    }
    if (n == 1)
        bus_transmit (bus, first->start_us, first->bytes->data, first->bytes->len);
    else
        bus_collide (bus, n);
    g_ptr_array_remove_range (bus->answers, 0, n);
}

gboolean sim_bus_next (SimBus *bus, gint64 *when_us, GByteArray *bytes)
{
    BusOutput *output;

    if (g_queue_is_empty (&bus->outputs) && bus->answers->len > 0)
        bus_resolve (bus);
    output = g_queue_pop_head (&bus->outputs);
    if (output == NULL)
        return FALSE;
    *when_us = output->when_us;
    g_byte_array_append (bytes, output->bytes->data, output->bytes->len);
    bus_output_free (output);
    return TRUE;
}

static void bus_serve (SimBus *bus, const SimRequest *request, gint64 now_us)
{
    gint64 bit_us = bus->options.fast ? 0 : G_USEC_PER_SEC / bus->options.baud;
    gint64 clock_s = bus->options.clock_start_s + now_us / G_USEC_PER_SEC;

    for (guint i = 0; i < bus->meters->len; i++) {
        g_autoptr (GByteArray) bytes = g_byte_array_new ();
        gint64 delay_us = 0;
        BusAnswer *answer;
        SimAnswer what;
        gboolean answers = sim_meter_handle (g_ptr_array_index (bus->meters, i), request, bus->options.baud, now_us,
                                             clock_s, bytes, &delay_us, &what);

        if (what.meter != NULL && bus->answered != NULL)
            bus->answered (&what, bus->answered_data);
        if (!answers || bytes->len == 0)
            continue;
        answer = g_new (BusAnswer, 1);
        answer->start_us = now_us + 24 * bit_us + delay_us; /* the standard asks for 11 to 330 bits */
        answer->bytes = g_steal_pointer (&bytes);
        g_ptr_array_add (bus->answers, answer);
    }
    g_ptr_array_sort (bus->answers, bus_compare_answers);
}

static guint8 bus_checksum (const guint8 *bytes, gsize len)
{
    guint8 sum = 0;

    for (gsize i = 0; i < len; i++)
        sum = (guint8) (sum + bytes[i]);
    return sum;
}

/* Length of the frame at the head of what was heard; 0: not complete; -1: no frame starts here. */
static gssize bus_parse (const guint8 *b, gsize len, SimRequest *request)
{
    gsize whole;

    memset (request, 0, sizeof *request);
    if (b[0] == 0x10) {
        if (len < 5)
            return 0;
        request->c = b[1];
        request->a = b[2];
        return b[4] == 0x16 && b[3] == (guint8) (b[1] + b[2]) ? 5 : -1;
    }
    if (b[0] != 0x68)
        return -1;
    if (len < 4)
        return 0;
    if (b[1] != b[2] || b[3] != 0x68 || b[1] < 3)
        return -1;
    whole = (gsize) b[1] + 6;
    if (len < whole)
        return 0;
    if (b[whole - 1] != 0x16 || b[whole - 2] != bus_checksum (b + 4, b[1]))
        return -1;
    request->is_long = TRUE;
    request->c = b[4];
    request->a = b[5];
    request->ci = b[6];
    request->data = b + 7;
    request->len = (gsize) b[1] - 3;
    return (gssize) whole;
}

void sim_bus_write (SimBus *bus, gint64 now_us, const guint8 *bytes, gsize len)
{
    if (bus->heard->len > 0 && now_us - bus->heard_us > BUS_REQUEST_GAP_US)
        g_byte_array_set_size (bus->heard, 0);
    bus->heard_us = now_us;
    if (bus->options.echo && len > 0)
        bus_output (bus, now_us, bytes, len);
    g_byte_array_append (bus->heard, bytes, (guint) len);
    while (bus->heard->len > 0) {
        SimRequest request;
        gssize used = bus_parse (bus->heard->data, bus->heard->len, &request);

        if (used == 0)
            break;
        if (used > 0)
            bus_serve (bus, &request, now_us);
        g_byte_array_remove_range (bus->heard, 0, used > 0 ? (guint) used : 1);
    }
}

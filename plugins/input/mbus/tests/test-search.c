/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-search.c: the search for secondary addresses on a bus that is only a list: is every meter found, and for how
 * many transactions. */
#include "scan-search.h"

#include <string.h>

/* Half of the colliding E5 read as one clean E5 and cost a request on top. */
typedef struct {
    GArray *meters; /* guint8[8] */
    GRand *rand;
    guint transactions, found, deaf_percent;
} Bus;

static Bus *bus_new (guint32 seed)
{
    Bus *bus = g_new0 (Bus, 1);

    bus->meters = g_array_new (FALSE, FALSE, 8);
    bus->rand = g_rand_new_with_seed (seed);
    return bus;
}

static void bus_free (Bus *bus)
{
    g_array_unref (bus->meters);
    g_rand_free (bus->rand);
    g_free (bus);
}

static void bus_add (Bus *bus, guint32 id, guint16 maker, guint8 version, guint8 medium)
{
    const guint8 meter[8] = { (guint8) id,
                              (guint8) (id >> 8),
                              (guint8) (id >> 16),
                              (guint8) (id >> 24),
                              (guint8) maker,
                              (guint8) (maker >> 8),
                              version,
                              medium };

    g_array_append_vals (bus->meters, meter, 1);
}

static guint32 bcd (guint number)
{
    guint32 id = 0;

    for (guint i = 0; i < 8; i++, number /= 10)
        id |= (number % 10) << (4 * i);
    return id;
}

static gboolean bus_matches (const guint8 *mask, const guint8 *meter)
{
    for (guint i = 0; i < 8; i++) {
        guint digit = mask[i / 2] >> (4 * (i % 2)) & 0x0F;
        if (digit != 0x0F && digit != (meter[i / 2] >> (4 * (i % 2)) & 0x0Fu))
            return FALSE;
    }
    for (guint i = 4; i < 8; i++)
        if (mask[i] != 0xFF && mask[i] != meter[i])
            return FALSE;
    return TRUE;
}

static void bus_answer (Bus *bus, MbusSearch *search, const guint8 *mask)
{
    const guint8 *one = NULL;
    guint n = 0;

    for (guint i = 0; i < bus->meters->len; i++) {
        const guint8 *meter = (const guint8 *) bus->meters->data + 8 * i;
        if (!bus_matches (mask, meter) || (guint) g_rand_int_range (bus->rand, 0, 100) < bus->deaf_percent)
            continue;
        one = meter;
        n++;
    }
    bus->transactions += n == 0 ? 1 : n == 1 ? 2 : 1 + (guint) g_rand_int_range (bus->rand, 0, 2);
    bus->found += mbus_search_answer (search,
                                      MIN (n, 2) == 0 ? MBUS_SEARCH_NOBODY
                                      : n == 1        ? MBUS_SEARCH_METER
                                                      : MBUS_SEARCH_COLLISION,
                                      one);
}

static void bus_search (Bus *bus, MbusSearch *search)
{
    const guint8 *mask;
    guint64 decided = 0;

    while ((mask = mbus_search_next (search)) != NULL) {
        bus_answer (bus, search, mask);
        g_assert_cmpuint (mbus_search_get_decided (search), >=, decided);
        decided = mbus_search_get_decided (search);
        g_assert_cmpuint (bus->transactions, <, 1000000);
    }
    g_assert_cmpuint (decided, ==, MBUS_SEARCH_WHOLE);
}

typedef enum { RANDOM, CONSECUTIVE, PREFIX } Population;

static void bus_populate (Bus *bus, Population population, guint n)
{
    g_autoptr (GHashTable) taken = g_hash_table_new (NULL, NULL);
    guint first = (guint) g_rand_int_range (bus->rand, 1, 99990000);

    while (g_hash_table_size (taken) < n) {
        guint id = population == RANDOM        ? (guint) g_rand_int_range (bus->rand, 0, 100000000)
                   : population == CONSECUTIVE ? first + g_hash_table_size (taken)
                                               : first / 1000 * 1000 + (guint) g_rand_int_range (bus->rand, 0, 1000);
        if (g_hash_table_add (taken, GUINT_TO_POINTER (id)))
            bus_add (bus, bcd (id), 0x2C2D, 8, 4);
    }
}

static const guint8 everything[8] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };

#define POPULATIONS 60

static guint measure (Population population, guint n)
{
    guint sum = 0;

    for (guint32 seed = 1; seed <= POPULATIONS; seed++) {
        Bus *bus = bus_new (seed);
        bus_populate (bus, population, n);
        g_autoptr (MbusSearch) search = mbus_search_new (everything, MBUS_SEARCH_LEARN);
        bus_search (bus, search);
        g_assert_cmpuint (bus->found, ==, n);
        g_assert_cmpuint (mbus_search_get_unresolved (search), ==, 0);
        g_assert_false (mbus_search_is_doubted (search));
        sum += bus->transactions;
        bus_free (bus);
    }
    return sum / POPULATIONS;
}

static void transactions_stay_within_what_is_promised (void)
{
    static const struct {
        const char *name;
        Population population;
        guint n, most;
    } rows[] = {
        { "random", RANDOM, 10, 58 },
        { "random", RANDOM, 50, 280 },
        { "random", RANDOM, 250, 1450 },
        { "consecutive", CONSECUTIVE, 10, 25 },
        { "consecutive", CONSECUTIVE, 50, 150 },
        { "consecutive", CONSECUTIVE, 250, 600 },
        { "same prefix", PREFIX, 10, 58 },
        { "same prefix", PREFIX, 50, 265 },
        { "same prefix", PREFIX, 250, 1180 },
    };

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
        guint transactions = measure (rows[i].population, rows[i].n);
        g_test_message ("%u %s meters: %u transactions, at most %u", rows[i].n, rows[i].name, transactions,
                        rows[i].most);
        g_test_minimized_result (transactions, "%s %u", rows[i].name, rows[i].n);
        if (transactions > rows[i].most)
            g_test_fail ();
    }
}

static void search_again (Bus *bus, MbusSearch *search)
{
    bus_search (bus, search);
    mbus_search_confirm (search);
    bus_search (bus, search);
}

static void meters_with_one_number_are_told_apart_by_the_rest (void)
{
    Bus *bus = bus_new (1);
    g_autoptr (MbusSearch) search = mbus_search_new (everything, MBUS_SEARCH_LEARN);

    bus_add (bus, 0x12345678, 0x2C2D, 8, 4);
    bus_add (bus, 0x12345678, 0x2C2D, 8, 7);
    bus_add (bus, 0x12345678, 0x2C2D, 0xAB, 7);
    bus_add (bus, 0x12345678, 0x4CAE, 0xAB, 7);
    bus_add (bus, 0x12345678, 0x4C2D, 0xAB, 7);
    bus_add (bus, 0x87654321, 0x4C2D, 0xFA, 0xCE);
    bus_search (bus, search);
    g_assert_cmpuint (bus->found, ==, 6);
    bus_free (bus);
}

static void meters_with_one_address_are_counted_as_unresolved (void)
{
    Bus *bus = bus_new (1);
    const guint8 within[8] = { 0x78, 0x56, 0x34, 0x12, 0x2D, 0x2C, 8, 0xFF };
    g_autoptr (MbusSearch) search = mbus_search_new (within, MBUS_SEARCH_LEARN);

    bus_add (bus, 0x12345678, 0x2C2D, 8, 4);
    bus_add (bus, 0x12345678, 0x2C2D, 8, 4);
    bus_add (bus, 0x12345678, 0x2C2D, 8, 7);
    bus_search (bus, search);
    g_assert_cmpuint (bus->found, ==, 1);
    g_assert_cmpuint (mbus_search_get_unresolved (search), ==, 1);
    bus_free (bus);
}

/* not decimal, against the norm: looked for where a collision would make no sense otherwise */
static void numbers_with_letters_are_found (void)
{
    Bus *bus = bus_new (1);
    g_autoptr (MbusSearch) search = mbus_search_new (everything, MBUS_SEARCH_LEARN);

    bus_add (bus, 0x1234567A, 0x2C2D, 8, 4);
    bus_add (bus, 0x1234567C, 0x2C2D, 8, 4);
    bus_search (bus, search);
    g_assert_cmpuint (bus->found, ==, 2);
    bus_free (bus);
}

static void a_mask_is_not_left (void)
{
    Bus *bus = bus_new (1);
    const guint8 within[8] = { 0xFF, 0xFF, 0xFF, 0x33, 0xFF, 0xFF, 0xFF, 4 };
    g_autoptr (MbusSearch) search = mbus_search_new (within, MBUS_SEARCH_LEARN);

    bus_add (bus, 0x33000001, 0x2C2D, 8, 4);
    bus_add (bus, 0x33000002, 0x2C2D, 8, 4);
    bus_add (bus, 0x33000003, 0x2C2D, 8, 7);
    bus_add (bus, 0x34000003, 0x2C2D, 8, 4);
    bus_search (bus, search);
    g_assert_cmpuint (bus->found, ==, 2);
    bus_free (bus);
}

static void deaf_meters_are_found_by_a_second_look (void)
{
    guint found = 0;

    for (guint32 seed = 1; seed <= 20; seed++) {
        Bus *bus = bus_new (seed);
        bus_populate (bus, RANDOM, 50);
        bus->deaf_percent = 5;
        g_autoptr (MbusSearch) search = mbus_search_new (everything, MBUS_SEARCH_LEARN);
        search_again (bus, search);
        found += bus->found;
        bus_free (bus);
    }
    g_test_message ("%u of 1000 meters that miss every twentieth request", found);
    g_assert_cmpuint (found, >=, 995);
}

static void a_collision_under_which_nobody_is_costs_little (void)
{
    Bus *bus = bus_new (1);
    g_autoptr (MbusSearch) search = mbus_search_new (everything, MBUS_SEARCH_LEARN);

    g_assert_nonnull (mbus_search_next (search));
    mbus_search_answer (search, MBUS_SEARCH_COLLISION, NULL); /* it was noise */
    bus_search (bus, search);
    g_assert_true (mbus_search_is_doubted (search));
    g_assert_cmpuint (bus->transactions, <, 120);
    bus_free (bus);
}

static void endless_noise_is_given_up (void)
{
    g_autoptr (MbusSearch) search = mbus_search_new (everything, MBUS_SEARCH_LEARN);
    guint n = 0;

    while (mbus_search_next (search) != NULL && n++ < 10000)
        mbus_search_answer (search, MBUS_SEARCH_COLLISION, NULL);
    g_assert_cmpuint (n, <, 1000);
    g_assert_true (mbus_search_is_noisy (search));
}

static void expected_meters_are_asked_first (void)
{
    Bus *bus = bus_new (7);
    g_autoptr (MbusSearch) search = mbus_search_new (everything, MBUS_SEARCH_LEARN);

    bus_populate (bus, RANDOM, 50);
    for (guint i = 0; i < 50; i++)
        mbus_search_expect (search, (const guint8 *) bus->meters->data + 8 * i);
    bus_populate (bus, RANDOM, 5);
    while (bus->found < 45)
        bus_answer (bus, search, mbus_search_next (search));
    g_assert_cmpuint (bus->transactions, <=, 105);
    bus_search (bus, search);
    g_assert_cmpuint (bus->found, ==, 55);
    g_test_message ("50 known meters and 5 new ones: %u transactions", bus->transactions);
    g_assert_cmpuint (bus->transactions, <, 300);
    bus_free (bus);
}

static void expected_meters_that_are_gone_do_not_hide_others (void)
{
    Bus *bus = bus_new (7);
    g_autoptr (MbusSearch) search = mbus_search_new (everything, MBUS_SEARCH_LEARN);

    bus_populate (bus, CONSECUTIVE, 50);
    for (guint i = 0; i < 50; i++)
        mbus_search_expect (search, (const guint8 *) bus->meters->data + 8 * i);
    g_array_set_size (bus->meters, 3);
    bus_populate (bus, RANDOM, 5);
    bus_search (bus, search);
    g_assert_cmpuint (bus->found, ==, 8);
    bus_free (bus);
}

static void reverse_finds_all (void)
{
    Bus *bus = bus_new (3);
    g_autoptr (MbusSearch) search = mbus_search_new (everything, MBUS_SEARCH_REVERSE);

    bus_populate (bus, CONSECUTIVE, 50);
    bus_search (bus, search);
    g_assert_cmpuint (bus->found, ==, 50);
    bus_free (bus);
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/mbus/search/transactions_stay_within_what_is_promised",
                     transactions_stay_within_what_is_promised);
    g_test_add_func ("/mbus/search/meters_with_one_number_are_told_apart_by_the_rest",
                     meters_with_one_number_are_told_apart_by_the_rest);
    g_test_add_func ("/mbus/search/meters_with_one_address_are_counted_as_unresolved",
                     meters_with_one_address_are_counted_as_unresolved);
    g_test_add_func ("/mbus/search/numbers_with_letters_are_found", numbers_with_letters_are_found);
    g_test_add_func ("/mbus/search/a_mask_is_not_left", a_mask_is_not_left);
    g_test_add_func ("/mbus/search/deaf_meters_are_found_by_a_second_look", deaf_meters_are_found_by_a_second_look);
    g_test_add_func ("/mbus/search/a_collision_under_which_nobody_is_costs_little",
                     a_collision_under_which_nobody_is_costs_little);
    g_test_add_func ("/mbus/search/endless_noise_is_given_up", endless_noise_is_given_up);
    g_test_add_func ("/mbus/search/expected_meters_are_asked_first", expected_meters_are_asked_first);
    g_test_add_func ("/mbus/search/expected_meters_that_are_gone_do_not_hide_others",
                     expected_meters_that_are_gone_do_not_hide_others);
    g_test_add_func ("/mbus/search/reverse_finds_all", reverse_finds_all);
    return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* marks.c: a memory-mapped file with a slot for each plugin, and the handler of deadly signals that writes into it. */
#include "marks.h"

#include <gio/gio.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define MARKS_MAGIC 0x314b524d47544d4dull /* rises with each change of the layout */
#define MARKS_SLOTS 128
#define STACK_SIZE  (64 * 1024)

struct _MarkSlot {
    char plugin[64];
    char function[32];
    guint32 crashes, told;
    gint32 signal, reserved;
    gint64 at_ms[MARKS_LIMIT]; /* the latest crashes, the newest last */
};

typedef struct {
    guint64 magic;
    MarkSlot slots[MARKS_SLOTS];
} MarksFile;

typedef struct {
    gsize from, to;
} MarkCode;

struct _Marks {
    MarksFile *file;
    MarkCode code[MARKS_SLOTS]; /* where the plugin of that slot lies in memory */
};

static const int deadly[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS };

/* What a signal handler can reach. The process has one set of handlers, and so one Marks. */
static Marks *installed;
static struct sigaction before[G_N_ELEMENTS (deadly)];
static _Thread_local const MarkCall *current;

static gsize marks_length (const char *text)
{
    gsize len = 0;

    while (text[len] != '\0')
        len++;
    return len;
}

/* From a signal handler: nothing but stores and write (2). */
static void marks_say (const char *text)
{
    gssize ignored = write (STDERR_FILENO, text, marks_length (text));

    (void) ignored;
}

static void marks_blame (MarkSlot *slot, const char *function, int signal)
{
    struct timespec now;
    gsize i;

    clock_gettime (CLOCK_REALTIME, &now);
    for (i = 0; i + 1 < MARKS_LIMIT; i++)
        slot->at_ms[i] = slot->at_ms[i + 1];
    slot->at_ms[i] = (gint64) now.tv_sec * 1000 + now.tv_nsec / 1000000;
    for (i = 0; i + 1 < sizeof slot->function && function[i] != '\0'; i++)
        slot->function[i] = function[i];
    slot->function[i] = '\0';
    slot->signal = signal;
    slot->crashes++;
    marks_say ("metergate: crash in plugin ");
    marks_say (slot->plugin);
    marks_say (", function ");
    marks_say (slot->function);
    marks_say ("\n");
}

static gboolean marks_is_fault (int signal, const siginfo_t *info)
{
    return info->si_code > 0 && (signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL);
}

static gsize marks_get_pc (const void *context)
{
#if defined(__x86_64__)
    return (gsize) ((const ucontext_t *) context)->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (gsize) ((const ucontext_t *) context)->uc_mcontext.pc;
#elif defined(__arm__)
    return (gsize) ((const ucontext_t *) context)->uc_mcontext.arm_pc;
#else
    return 0;
#endif
}

static MarkSlot *marks_find_code (gsize pc)
{
    for (gsize i = 0; i < MARKS_SLOTS; i++)
        if (pc >= installed->code[i].from && pc < installed->code[i].to)
            return &installed->file->slots[i];
    return NULL;
}

static void marks_take (int signal, const siginfo_t *info, const void *context)
{
    const MarkCall *call = current;
    MarkSlot *slot = call != NULL ? call->slot : NULL;
    const char *function = call != NULL ? call->function : "its own thread";

    if (info->si_code == SI_USER && info->si_pid != getpid ())
        return;     /* somebody else sent it */
    current = NULL; /* a second signal on this thread is not a second crash */
    if (call == NULL && marks_is_fault (signal, info))
        slot = marks_find_code (marks_get_pc (context));
    if (slot != NULL)
        marks_blame (slot, function, signal);
}

static void marks_on_signal (int signal, siginfo_t *info, void *context)
{
    int saved = errno;

    if (installed != NULL)
        marks_take (signal, info, context);
    for (gsize i = 0; i < G_N_ELEMENTS (deadly); i++)
        if (deadly[i] == signal)
            sigaction (signal, &before[i], NULL);
    /* A fault comes again by itself where it happened, so that a core dump shows the place; the others have to be sent
     * again. */
    if (!marks_is_fault (signal, info))
        raise (signal);
    errno = saved;
}

static void marks_on_exit (void)
{
    const MarkCall *call = current;

    current = NULL;
    if (installed != NULL && call != NULL && call->slot != NULL)
        marks_blame (call->slot, call->function, MARKS_CALLED_EXIT);
}

static void marks_install (Marks *marks)
{
    static gboolean at_exit;
    struct sigaction action = { .sa_sigaction = marks_on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK };

    g_assert (installed == NULL);
    installed = marks;
    sigemptyset (&action.sa_mask);
    for (gsize i = 0; i < G_N_ELEMENTS (deadly); i++)
        sigaction (deadly[i], &action, &before[i]);
    if (!at_exit)
        at_exit = atexit (marks_on_exit) == 0;
}

static void marks_uninstall (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (deadly); i++)
        sigaction (deadly[i], &before[i], NULL);
    installed = NULL;
}

/* A stack overflow leaves no room for a handler: each thread that calls plugins gets a stack for it. */
static void marks_stack_free (gpointer memory)
{
    stack_t none = { .ss_flags = SS_DISABLE }, now;

    if (sigaltstack (NULL, &now) == 0 && now.ss_sp == memory)
        sigaltstack (&none, NULL);
    munmap (memory, STACK_SIZE);
}

static GPrivate stack_of_thread = G_PRIVATE_INIT (marks_stack_free);

static void marks_stack_make (void)
{
    stack_t now, wanted = { .ss_size = STACK_SIZE };

    if (sigaltstack (NULL, &now) != 0 || (now.ss_flags & SS_DISABLE) == 0)
        return; /* a sanitizer has made one */
    wanted.ss_sp = mmap (NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (wanted.ss_sp == MAP_FAILED)
        return;
    if (sigaltstack (&wanted, NULL) == 0)
        g_private_set (&stack_of_thread, wanted.ss_sp);
    else
        munmap (wanted.ss_sp, STACK_SIZE);
}

static MarksFile *marks_map (const char *path, GError **error)
{
    MarksFile *file = MAP_FAILED;
    int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int code = fd < 0 ? errno : 0;

    /* The blocks are taken now: on a full disk a page of a sparse file would kill the handler. */
    if (code == 0)
        code = posix_fallocate (fd, 0, sizeof *file);
    if (code == 0) {
        file = mmap (NULL, sizeof *file, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        code = file == MAP_FAILED ? errno : 0;
    }
    if (fd >= 0)
        close (fd);
    if (code == 0)
        return file;
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
                 "crash marks %s: %s; who crashes will not be named after a restart", path, g_strerror (code));
    return NULL;
}

static gboolean marks_text_is_sane (const char *text, gsize size)
{
    for (gsize len = 0; len < size; len++)
        if (text[len] == '\0')
            return g_utf8_validate (text, (gssize) len, NULL);
    return FALSE;
}

static gboolean marks_slot_is_sane (const MarkSlot *slot)
{
    return marks_text_is_sane (slot->plugin, sizeof slot->plugin) &&
           marks_text_is_sane (slot->function, sizeof slot->function) && slot->told <= slot->crashes;
}

static void marks_mend (MarksFile *file)
{
    if (file->magic != MARKS_MAGIC) {
        memset (file, 0, sizeof *file);
        file->magic = MARKS_MAGIC;
    }
    for (gsize i = 0; i < MARKS_SLOTS; i++)
        if (!marks_slot_is_sane (&file->slots[i]))
            memset (&file->slots[i], 0, sizeof file->slots[i]);
}

Marks *marks_open (const char *path, GError **error)
{
    Marks *marks = g_new0 (Marks, 1);

    if (path != NULL)
        marks->file = marks_map (path, error);
    if (marks->file == NULL) {
        marks->file = mmap (NULL, sizeof *marks->file, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        g_assert (marks->file != MAP_FAILED);
    }
    marks_mend (marks->file);
    marks_install (marks);
    return marks;
}

void marks_close (Marks *marks, gboolean keep)
{
    marks_uninstall ();
    if (!keep)
        munmap (marks->file, sizeof *marks->file);
    g_free (marks);
}

MarkSlot *marks_slot (Marks *marks, const char *plugin)
{
    MarkSlot *free_slot = NULL;

    for (gsize i = 0; i < MARKS_SLOTS; i++) {
        MarkSlot *slot = &marks->file->slots[i];

        if (strcmp (slot->plugin, plugin) == 0)
            return slot;
        if (free_slot == NULL && slot->plugin[0] == '\0')
            free_slot = slot;
    }
    if (free_slot != NULL)
        g_strlcpy (free_slot->plugin, plugin, sizeof free_slot->plugin);
    return free_slot;
}

typedef struct {
    gsize inside;
    MarkCode code;
} CodeSearch;

static int marks_look_for_code (struct dl_phdr_info *info, gsize size G_GNUC_UNUSED, void *data)
{
    CodeSearch *search = data;
    MarkCode all = { G_MAXSIZE, 0 };

    for (guint i = 0; i < info->dlpi_phnum; i++) {
        const ElfW (Phdr) *part = &info->dlpi_phdr[i];

        if (part->p_type != PT_LOAD)
            continue;
        all.from = MIN (all.from, (gsize) (info->dlpi_addr + part->p_vaddr));
        all.to = MAX (all.to, (gsize) (info->dlpi_addr + part->p_vaddr + part->p_memsz));
    }
    if (search->inside < all.from || search->inside >= all.to)
        return 0;
    search->code = all;
    return 1;
}

void marks_slot_set_code (Marks *marks, MarkSlot *slot, gconstpointer inside)
{
    CodeSearch search = { .inside = (gsize) inside };

    if (slot != NULL && dl_iterate_phdr (marks_look_for_code, &search) != 0)
        marks->code[slot - marks->file->slots] = search.code;
}

void marks_slot_get (const MarkSlot *slot, MarkCrash *crash)
{
    gint64 first = slot->at_ms[0], last = slot->at_ms[MARKS_LIMIT - 1];

    *crash = (MarkCrash){ .signal = slot->signal, .crashes = slot->crashes, .at_ms = last };
    g_strlcpy (crash->plugin, slot->plugin, sizeof crash->plugin);
    g_strlcpy (crash->function, slot->function, sizeof crash->function);
    /* The clock may have been set back between two crashes. */
    crash->blocked = first != 0 && last - first <= MARKS_WINDOW_MS && first - last <= MARKS_WINDOW_MS;
}

gboolean marks_slot_clear (MarkSlot *slot)
{
    gboolean any = slot->crashes > 0;

    memset (slot->function, 0, sizeof slot->function);
    memset (slot->at_ms, 0, sizeof slot->at_ms);
    slot->crashes = slot->told = 0;
    slot->signal = 0;
    return any;
}

static gint marks_newer (gconstpointer a, gconstpointer b)
{
    gint64 ta = ((const MarkCrash *) a)->at_ms, tb = ((const MarkCrash *) b)->at_ms;

    return (ta < tb) - (ta > tb);
}

GArray *marks_take_news (Marks *marks)
{
    GArray *news = g_array_new (FALSE, TRUE, sizeof (MarkCrash));

    for (gsize i = 0; i < MARKS_SLOTS; i++) {
        MarkSlot *slot = &marks->file->slots[i];
        MarkCrash crash;

        if (slot->told == slot->crashes)
            continue;
        slot->told = slot->crashes;
        marks_slot_get (slot, &crash);
        g_array_append_val (news, crash);
    }
    g_array_sort (news, marks_newer);
    return news;
}

void marks_enter (MarkCall *call, MarkSlot *slot, const char *function)
{
    static _Thread_local gboolean has_stack;

    if (G_UNLIKELY (!has_stack)) {
        marks_stack_make ();
        has_stack = TRUE;
    }
    *call = (MarkCall){ .slot = slot, .function = function, .outer = current };
    __atomic_signal_fence (__ATOMIC_SEQ_CST); /* whole before a handler can see it */
    current = call;
    __atomic_signal_fence (__ATOMIC_SEQ_CST);
}

void marks_leave (const MarkCall *call)
{
    __atomic_signal_fence (__ATOMIC_SEQ_CST);
    current = call->outer;
}

char *marks_signal_text (int signal)
{
    const char *name = sigabbrev_np (signal);

    if (signal == MARKS_CALLED_EXIT)
        return g_strdup ("exit ()");
    return name != NULL ? g_strdup_printf ("SIG%s", name) : g_strdup_printf ("signal %d", signal);
}

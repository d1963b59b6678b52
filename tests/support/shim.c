/* Failing storage: the n-th write or sync of the database fails, once or from then on.

   Loaded with LD_PRELOAD; does nothing until `arm` or `hold` is called. Counts calls on descriptors
   whose file has `match` in its name, the shared memory of SQLite apart. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char match[512], fired[512], gate[512];
static long nth, count;
static int once, code;

void arm(const char *file, long n, int only_once, int error, const char *tell)
{
	snprintf(match, sizeof match, "%s", file);
	snprintf(fired, sizeof fired, "%s", tell);
	nth = n;
	once = only_once;
	code = error;
}

/* While the file `path` exists, no sync returns. */
void hold(const char *file, const char *path)
{
	snprintf(match, sizeof match, "%s", file);
	snprintf(gate, sizeof gate, "%s", path);
}

static int ours(int fd)
{
	char link[64], name[512];
	ssize_t size;

	if (!match[0])
		return 0;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	size = readlink(link, name, sizeof name - 1);
	if (size < 0)
		return 0;
	name[size] = 0;
	return strstr(name, match) && !strstr(name, "-shm") && !strstr(name, ".lock");
}

static int fails(int fd, const char *call)
{
	int file;
	long now;

	if (!nth || !ours(fd))
		return 0;
	now = __sync_add_and_fetch(&count, 1);
	if (once ? now != nth : now < nth)
		return 0;
	file = open(fired, O_WRONLY | O_CREAT | O_APPEND, 0600);
	syscall(SYS_write, file, call, strlen(call));
	close(file);
	errno = code;
	return 1;
}

static void wait_at(int fd)
{
	struct stat there;

	while (gate[0] && ours(fd) && stat(gate, &there) == 0)
		usleep(2000);
}

#define REAL(name, ...) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))(__VA_ARGS__)

ssize_t write(int fd, const void *data, size_t size)
{
	return fails(fd, "write\n") ? -1 : REAL(write, fd, data, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
	return fails(fd, "write\n") ? -1 : REAL(pwrite, fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
	return fails(fd, "write\n") ? -1 : REAL(pwrite64, fd, data, size, at);
}

int fsync(int fd)
{
	wait_at(fd);
	return fails(fd, "sync\n") ? -1 : REAL(fsync, fd);
}

int fdatasync(int fd)
{
	wait_at(fd);
	return fails(fd, "sync\n") ? -1 : REAL(fdatasync, fd);
}

/* A compiled program with a library beside it. It knows nothing of gainsweep. */
#include <stdio.h>
#include <stdlib.h>

double decay(double start, double rate, int steps);

int main(int count, char **words)
{
    if (count != 4) {
        fprintf(stderr, "usage: simulate RATE STEPS FILE\n");
        return 2;
    }
    FILE *file = fopen(words[3], "w");
    if (!file) {
        perror(words[3]);
        return 1;
    }
    fprintf(file, "{\"left\": %.15g}\n", decay(1.0, atof(words[1]), atoi(words[2])));
    return fclose(file) ? 1 : 0;
}

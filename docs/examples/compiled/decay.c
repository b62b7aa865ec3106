double decay(double start, double rate, int steps)
{
    for (int step = 0; step < steps; step++)
        start -= rate * start / steps;
    return start;
}
